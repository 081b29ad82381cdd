package dev.keepsake.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Names the cluster of a parameter of type [KeepsakeCluster], where a class has several clusters.
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface ClusterName {
    /// The name that [Cluster#name()] gives.
    String value();
}
