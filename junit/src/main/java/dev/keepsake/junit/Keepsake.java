package dev.keepsake.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/// Gives a test class clusters of a Keepsake server. The clusters are available before the first
/// test and are deleted after the last one.
///
/// ```java
/// @Keepsake(@Cluster(shards = 2))
/// class CartTest {
///     @Test
///     void aCartSurvivesAFailover(KeepsakeCluster cluster, SSLContext trust) { … }
/// }
/// ```
///
/// Tests, constructors and lifecycle methods may have parameters of these types:
///
/// | type | what it is |
/// | --- | --- |
/// | [KeepsakeCluster] | the only cluster, or the one that [ClusterName] names |
/// | [KeepsakeServer] | the server as this class sees it |
/// | `URI` | the endpoint of the AWS API |
/// | `SSLContext` | a context that trusts the server's nodes and nobody else |
/// | `Path` with [CaFile] | the certificate that clients have to trust |
/// | `MemoryDbClient` | a client of the API, where AWS's SDK is on the class path |
///
/// The server is a process of its own, which needs Java 25. All classes whose [#options()] are the
/// same share one server, which ends with the JVM of the tests, however that ends. Each class has a
/// region of its own on the server. So classes may run at the same time and use the same names.
///
/// A nested class without this annotation uses the clusters of the class around it.
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ExtendWith(KeepsakeExtension.class)
public @interface Keepsake {
    /// The clusters of the class.
    Cluster[] value() default @Cluster;

    /// The region that the clusters are in. By default it is one that no other class has.
    ///
    /// Classes that give the same region share its users, ACLs and names of clusters.
    String region() default "";

    /// Further options of `keepsake start`, such as `{"--pace", "aws/60"}`.
    String[] options() default {};
}
