package dev.keepsake.front;

import java.util.ArrayList;
import java.util.List;

/// Notes the reports of lanes to their owner.
final class FakeLaneOwner implements SharedLane.Owner, OwnLane.Owner, ControlLane.Owner {
    final List<String> told = new ArrayList<>();
    final List<MarkList> parkedMarks = new ArrayList<>();
    int life;
    int barriers;
    int refusals;
    long heapBytes;
    Runnable onRepliesRead = () -> {};

    @Override
    public void onRepliesRead() {
        onRepliesRead.run();
    }

    @Override
    public void onRefusal() {
        refusals++;
    }

    @Override
    public void onLost() {
        told.add("lost");
    }

    @Override
    public void onFull(SharedLane lane, boolean full) {
        told.add(full ? "full" : "not full");
    }

    @Override
    public void onBarrier() {
        barriers++;
    }

    @Override
    public void onRetiring(SharedLane lane) {
        told.add("retiring");
    }

    @Override
    public void onRetired(SharedLane lane) {
        told.add("retired");
    }

    @Override
    public int life() {
        return life;
    }

    @Override
    public void parkMarks(MarkList marks) {
        parkedMarks.add(marks);
    }

    @Override
    public void onResuming(OwnLane lane) {
        told.add("resuming");
    }

    @Override
    public void onResumed(OwnLane lane) {
        told.add("resumed");
    }

    @Override
    public void noteHeapGrowth(long bytes) {
        heapBytes += bytes;
    }

    @Override
    public void onControlLaneFree() {
        told.add("free");
    }
}
