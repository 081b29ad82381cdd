#!/bin/sh
# The core of the walk through the API, with the AWS CLI: ENDPOINT PORT.
set -eu
export AWS_ACCESS_KEY_ID=k AWS_SECRET_ACCESS_KEY=s AWS_DEFAULT_REGION=us-east-1 AWS_PAGER=""
export AWS_ENDPOINT_URL_MEMORYDB="$1" AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null

api() { aws memorydb --output text "$@"; }

expect() { # what is expected, what was found
    [ "$1" = "$2" ] || { echo "expected $1, found $2" >&2; exit 1; }
}

wait_for() { # what is awaited, and the call that is to answer it
    wanted=$1; shift
    tries=0
    until [ "$(api "$@" 2>&1)" = "$wanted" ]; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { echo "$* never said $wanted" >&2; api "$@" >&2; exit 1; }
    done
}

refused() { # the fault, and the call that is to raise it
    fault=$1; shift
    if said=$(api "$@" 2>&1); then echo "$* was answered: $said" >&2; exit 1; fi
    case $said in *"($fault)"*) ;; *) echo "$* said $said" >&2; exit 1 ;; esac
}

available() { wait_for available describe-clusters --cluster-name cli --query 'Clusters[0].Status'; }

api create-user --user-name Alice --access-string 'on ~app:* +@read' \
    --authentication-mode Type=password,Passwords=correct-horse-battery > /dev/null
expect creating "$(api create-acl --acl-name staff --user-names alice --query ACL.Status)"
wait_for active describe-acls --acl-name staff --query 'ACLs[0].Status'
api create-parameter-group --parameter-group-name mine --family memorydb_redis7 > /dev/null
arn=$(api create-subnet-group --subnet-group-name net --subnet-ids subnet-1 subnet-2 --query SubnetGroup.ARN)
api tag-resource --resource-arn "$arn" --tags Key=Team,Value=a > /dev/null
expect a "$(api list-tags --resource-arn "$arn" --query 'TagList[0].Value')"

expect creating "$(api create-cluster --cluster-name Cli --node-type db.t4g.small --acl-name staff \
    --subnet-group-name net --parameter-group-name mine --port "$2" --num-replicas-per-shard 1 \
    --query Cluster.Status)"
available
expect 0-16383 "$(api describe-clusters --cluster-name cli --show-shard-details \
    --query 'Clusters[0].Shards[0].Slots')"
refused SubnetGroupInUseFault delete-subnet-group --subnet-group-name net
api list-allowed-node-type-updates --cluster-name cli --query ScaleUpNodeTypes | grep -q db.r7g.large

api update-parameter-group --parameter-group-name mine \
    --parameter-name-values ParameterName=maxmemory-policy,ParameterValue=allkeys-lru > /dev/null
wait_for in-sync describe-clusters --cluster-name cli --query 'Clusters[0].ParameterGroupStatus'
expect allkeys-lru "$(api describe-parameters --parameter-group-name mine \
    --query "Parameters[?Name=='maxmemory-policy'].Value")"
expect updating "$(api update-cluster --cluster-name cli --description d \
    --replica-configuration ReplicaCount=2 --query Cluster.Status)"
available
expect 3 "$(api describe-clusters --cluster-name cli --show-shard-details \
    --query 'Clusters[0].Shards[0].NumberOfNodes')"

expect cli "$(api failover-shard --cluster-name cli --shard-name 0001 --query Cluster.Name)"
wait_for 1 describe-events --source-name cli --source-type cluster \
    --query "length(Events[?starts_with(Message, 'Finished recovery')])"
refused ShardNotFoundFault failover-shard --cluster-name cli --shard-name 0009

api create-snapshot --cluster-name cli --snapshot-name one > /dev/null
wait_for available describe-snapshots --snapshot-name one --query 'Snapshots[0].Status'
available
api copy-snapshot --source-snapshot-name one --target-snapshot-name two --target-bucket bucket > /dev/null
wait_for available describe-snapshots --snapshot-name two --query 'Snapshots[0].Status'

expect deleting "$(api delete-cluster --cluster-name cli --final-snapshot-name last --query Cluster.Status)"
wait_for 0 describe-clusters --query 'length(Clusters)'
refused ClusterNotFoundFault describe-clusters --cluster-name cli
expect manual "$(api describe-snapshots --snapshot-name last --query 'Snapshots[0].Source')"
api delete-subnet-group --subnet-group-name net > /dev/null
api delete-acl --acl-name staff > /dev/null
echo "the walk is complete"
