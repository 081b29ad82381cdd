"""The core of the walk through the API, with boto3: ENDPOINT PORT."""
import sys
import time

import boto3

api = boto3.client("memorydb", endpoint_url=sys.argv[1], region_name="us-east-1",
                   aws_access_key_id="k", aws_secret_access_key="s")
faults = api.exceptions


def wait(what, done):
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def refused(fault, call, **members):
    try:
        call(**members)
    except fault as e:
        assert e.response["ResponseMetadata"]["HTTPStatusCode"] == 400, e.response
        assert e.response["Error"]["Message"], e.response
        return True
    return False


def describe():
    return api.describe_clusters(ClusterName="py", ShowShardDetails=True)["Clusters"][0]


def available():
    wait("available", lambda: describe()["Status"] == "available")


def messages():
    events = api.describe_events(SourceName="py", SourceType="cluster")["Events"]
    return [event["Message"] for event in reversed(events)]


# users, ACLs, groups
alice = api.create_user(UserName="Alice", AccessString="on ~app:* +@read", AuthenticationMode={
    "Type": "password", "Passwords": ["correct-horse-battery"]})["User"]
assert alice["Name"] == "alice" and alice["Authentication"]["PasswordCount"] == 1, alice
assert api.create_acl(ACLName="staff", UserNames=["alice"])["ACL"]["Status"] == "creating"
wait("the ACL", lambda: api.describe_acls(ACLName="staff")["ACLs"][0]["Status"] == "active")
api.create_parameter_group(ParameterGroupName="mine", Family="memorydb_redis7")
net = api.create_subnet_group(SubnetGroupName="net", SubnetIds=["subnet-1", "subnet-2"])["SubnetGroup"]
api.tag_resource(ResourceArn=net["ARN"], Tags=[{"Key": "Team", "Value": "a"}])
assert api.list_tags(ResourceArn=net["ARN"])["TagList"] == [{"Key": "Team", "Value": "a"}]
assert api.untag_resource(ResourceArn=net["ARN"], TagKeys=["Team"])["TagList"] == []

# a cluster
made = api.create_cluster(ClusterName="Py", NodeType="db.t4g.small", ACLName="staff", Port=int(sys.argv[2]),
                          NumReplicasPerShard=1, SubnetGroupName="net", ParameterGroupName="mine")["Cluster"]
assert made["Name"] == "py" and made["Status"] == "creating", made
available()
cluster = describe()
assert cluster["Shards"][0]["Slots"] == "0-16383", cluster
assert len(cluster["Shards"][0]["Nodes"]) == 2, cluster
assert cluster["ARN"].startswith("arn:aws:memorydb:us-east-1:"), cluster
assert cluster["SubnetGroupName"] == "net" and cluster["ACLName"] == "staff", cluster
refused(faults.SubnetGroupInUseFault, api.delete_subnet_group, SubnetGroupName="net") or sys.exit("net went")
types = api.list_allowed_node_type_updates(ClusterName="py")
assert "db.r7g.large" in types["ScaleUpNodeTypes"], types

# changes
api.update_parameter_group(ParameterGroupName="mine", ParameterNameValues=[
    {"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru"}])
wait("the parameters", lambda: describe()["ParameterGroupStatus"] == "in-sync")
values = {p["Name"]: p.get("Value") for page in api.get_paginator("describe_parameters").paginate(
    ParameterGroupName="mine", PaginationConfig={"PageSize": 10}) for p in page["Parameters"]}
assert values["maxmemory-policy"] == "allkeys-lru" and len(values) > 10, values
api.update_user(UserName="alice", AccessString="on ~* +@all")
wait("the user", lambda: api.describe_users(UserName="alice")["Users"][0]["Status"] == "active")
changed = api.update_cluster(ClusterName="py", Description="d", ReplicaConfiguration={"ReplicaCount": 2})["Cluster"]
assert changed["Status"] == "updating", changed
available()
assert describe()["Shards"][0]["NumberOfNodes"] == 3 and describe()["Description"] == "d", describe()

# a failover
assert api.failover_shard(ClusterName="py", ShardName="0001")["Cluster"]["Name"] == "py"
wait("recovered", lambda: any(m.startswith("Finished recovery") for m in messages()))
refused(faults.ShardNotFoundFault, api.failover_shard, ClusterName="py", ShardName="0009") or sys.exit("0009 is there")

# snapshots
api.create_snapshot(ClusterName="py", SnapshotName="one")
wait("a snapshot", lambda: api.describe_snapshots(SnapshotName="one")["Snapshots"][0]["Status"] == "available")
available()
api.copy_snapshot(SourceSnapshotName="one", TargetSnapshotName="two", TargetBucket="bucket")
wait("a copy", lambda: api.describe_snapshots(SnapshotName="two")["Snapshots"][0]["Status"] == "available")
detail = api.describe_snapshots(SnapshotName="two", ShowDetail=True)["Snapshots"][0]["ClusterConfiguration"]
assert detail["Shards"][0]["Configuration"]["ReplicaCount"] == 2, detail
api.delete_snapshot(SnapshotName="one")

# everything goes
assert api.delete_cluster(ClusterName="py", FinalSnapshotName="last")["Cluster"]["Status"] == "deleting"
wait("gone", lambda: refused(faults.ClusterNotFoundFault, describe))
assert api.describe_snapshots(SnapshotName="last")["Snapshots"][0]["Source"] == "manual"
api.delete_subnet_group(SubnetGroupName="net")
api.delete_parameter_group(ParameterGroupName="mine")
api.delete_acl(ACLName="staff")
wait("no ACL", lambda: refused(faults.ACLNotFoundFault, api.describe_acls, ACLName="staff"))
api.delete_user(UserName="alice")
wait("no user", lambda: refused(faults.UserNotFoundFault, api.describe_users, UserName="alice"))
print("the walk is complete")
