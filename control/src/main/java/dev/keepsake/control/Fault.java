package dev.keepsake.control;

import com.google.errorprone.annotations.FormatMethod;

/// The errors of the API, one row each: the name on the wire and the HTTP status. Source: the
/// service's API reference and its page of common errors.
public enum Fault implements ApiException.Kind {
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
    ACL_ALREADY_EXISTS("ACLAlreadyExistsFault", 400),
    ACL_QUOTA_EXCEEDED("ACLQuotaExceededFault", 400),
    DEFAULT_USER_REQUIRED("DefaultUserRequired", 400),
    DUPLICATE_USER_NAME("DuplicateUserNameFault", 400),
    INSUFFICIENT_CLUSTER_CAPACITY("InsufficientClusterCapacityFault", 400),
    INVALID_ACL_STATE("InvalidACLStateFault", 400),
    INVALID_ARN("InvalidARNFault", 400),
    INVALID_CREDENTIALS("InvalidCredentialsException", 408),
    INVALID_KMS_KEY("InvalidKMSKeyFault", 400),
    INVALID_MULTI_REGION_CLUSTER_STATE("InvalidMultiRegionClusterStateFault", 400),
    INVALID_NODE_STATE("InvalidNodeStateFault", 400),
    INVALID_PARAMETER_GROUP_STATE("InvalidParameterGroupStateFault", 400),
    INVALID_SNAPSHOT_STATE("InvalidSnapshotStateFault", 400),
    INVALID_SUBNET("InvalidSubnet", 400),
    INVALID_USER_STATE("InvalidUserStateFault", 400),
    INVALID_VPC_NETWORK_STATE("InvalidVPCNetworkStateFault", 400),
    MULTI_REGION_CLUSTER_ALREADY_EXISTS("MultiRegionClusterAlreadyExistsFault", 400),
    MULTI_REGION_CLUSTER_NOT_FOUND("MultiRegionClusterNotFoundFault", 400),
    MULTI_REGION_PARAMETER_GROUP_NOT_FOUND("MultiRegionParameterGroupNotFoundFault", 400),
    NO_OPERATION("NoOperationFault", 400),
    PARAMETER_GROUP_ALREADY_EXISTS("ParameterGroupAlreadyExistsFault", 400),
    PARAMETER_GROUP_QUOTA_EXCEEDED("ParameterGroupQuotaExceededFault", 400),
    RESERVED_NODE_ALREADY_EXISTS("ReservedNodeAlreadyExistsFault", 400),
    RESERVED_NODE_NOT_FOUND("ReservedNodeNotFoundFault", 400),
    RESERVED_NODE_QUOTA_EXCEEDED("ReservedNodeQuotaExceededFault", 400),
    RESERVED_NODES_OFFERING_NOT_FOUND("ReservedNodesOfferingNotFoundFault", 400),
    SERVICE_LINKED_ROLE_NOT_FOUND("ServiceLinkedRoleNotFoundFault", 400),
    SERVICE_UPDATE_NOT_FOUND("ServiceUpdateNotFoundFault", 400),
    SNAPSHOT_ALREADY_EXISTS("SnapshotAlreadyExistsFault", 400),
    SNAPSHOT_NOT_FOUND("SnapshotNotFoundFault", 400),
    SNAPSHOT_QUOTA_EXCEEDED("SnapshotQuotaExceededFault", 400),
    SUBNET_GROUP_ALREADY_EXISTS("SubnetGroupAlreadyExistsFault", 400),
    SUBNET_GROUP_IN_USE("SubnetGroupInUseFault", 400),
    SUBNET_GROUP_QUOTA_EXCEEDED("SubnetGroupQuotaExceededFault", 400),
    SUBNET_IN_USE("SubnetInUse", 400),
    SUBNET_NOT_ALLOWED("SubnetNotAllowedFault", 400),
    SUBNET_QUOTA_EXCEEDED("SubnetQuotaExceededFault", 400),
    TAG_NOT_FOUND("TagNotFoundFault", 400),
    USER_ALREADY_EXISTS("UserAlreadyExistsFault", 400),
    USER_NOT_FOUND("UserNotFoundFault", 400),
    USER_QUOTA_EXCEEDED("UserQuotaExceededFault", 400),
    ACCESS_DENIED("AccessDeniedException", 403),
    INVALID_SIGNATURE("InvalidSignatureException", 403),
    MISSING_AUTHENTICATION_TOKEN("MissingAuthenticationTokenException", 403),
    UNRECOGNIZED_CLIENT("UnrecognizedClientException", 403),
    SERIALIZATION("SerializationException", 400),
    MALFORMED_HTTP_REQUEST("MalformedHttpRequestException", 400),
    REQUEST_TIMEOUT("RequestTimeoutException", 408),
    THROTTLING("ThrottlingException", 400),
    INCOMPLETE_SIGNATURE("IncompleteSignature", 403),
    UNKNOWN_OPERATION("UnknownOperationException", 404),
    REQUEST_TOO_LARGE("RequestEntityTooLargeException", 413),
    INTERNAL_FAILURE("InternalFailure", 500),
    SERVICE_UNAVAILABLE("ServiceUnavailable", 503);

    private final String code;
    private final int httpStatus;

    Fault(String code, int httpStatus) {
        this.code = code;
        this.httpStatus = httpStatus;
    }

    @Override
    public String code() {
        return code;
    }

    @Override
    public int httpStatus() {
        return httpStatus;
    }

    /// An exception of this fault, with a message for people.
    @FormatMethod
    public ApiException because(String message, Object... found) {
        return new ApiException(this, message.formatted(found));
    }
}
