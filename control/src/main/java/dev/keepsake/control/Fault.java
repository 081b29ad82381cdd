package dev.keepsake.control;

import com.google.errorprone.annotations.FormatMethod;

/// The faults that the API answers with, one row each: the name on the wire and the HTTP status.
/// Source: the service's API reference and its page of common errors.
public enum Fault {
    CLUSTER_ALREADY_EXISTS("ClusterAlreadyExistsFault", 400),
    CLUSTER_NOT_FOUND("ClusterNotFoundFault", 400),
    CLUSTER_QUOTA_EXCEEDED("ClusterQuotaForCustomerExceededFault", 400),
    NODE_QUOTA_FOR_CLUSTER_EXCEEDED("NodeQuotaForClusterExceededFault", 400),
    NODE_QUOTA_FOR_CUSTOMER_EXCEEDED("NodeQuotaForCustomerExceededFault", 400),
    SHARDS_PER_CLUSTER_QUOTA_EXCEEDED("ShardsPerClusterQuotaExceededFault", 400),
    PARAMETER_GROUP_NOT_FOUND("ParameterGroupNotFoundFault", 400),
    SUBNET_GROUP_NOT_FOUND("SubnetGroupNotFoundFault", 400),
    ACL_NOT_FOUND("ACLNotFoundFault", 400),
    TAG_QUOTA_EXCEEDED("TagQuotaPerResourceExceeded", 400),
    INVALID_CLUSTER_STATE("InvalidClusterStateFault", 400),
    SHARD_NOT_FOUND("ShardNotFoundFault", 400),
    API_CALL_RATE_EXCEEDED("APICallRateForCustomerExceededFault", 400),
    TEST_FAILOVER_NOT_AVAILABLE("TestFailoverNotAvailableFault", 400),
    INVALID_PARAMETER_VALUE("InvalidParameterValueException", 400),
    INVALID_PARAMETER_COMBINATION("InvalidParameterCombinationException", 400),
    SERIALIZATION("SerializationException", 400),
    MALFORMED_HTTP_REQUEST("MalformedHttpRequestException", 400),
    INCOMPLETE_SIGNATURE("IncompleteSignature", 403),
    UNKNOWN_OPERATION("UnknownOperationException", 404),
    REQUEST_TOO_LARGE("RequestEntityTooLargeException", 413),
    INTERNAL_FAILURE("InternalFailure", 500);

    private final String code;
    private final int httpStatus;

    Fault(String code, int httpStatus) {
        this.code = code;
        this.httpStatus = httpStatus;
    }

    /// The name on the wire, `__type`.
    public String code() {
        return code;
    }

    public int httpStatus() {
        return httpStatus;
    }

    /// The fault with a message for people.
    @FormatMethod
    public ApiException because(String message, Object... found) {
        return new ApiException(this, message.formatted(found));
    }
}
