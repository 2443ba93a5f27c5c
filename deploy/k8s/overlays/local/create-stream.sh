#!/bin/sh
# LocalStack runs this once it is ready.
set -eu
awslocal kinesis create-stream --stream-name orders-cdc --shard-count 4 || awslocal kinesis describe-stream-summary --stream-name orders-cdc
