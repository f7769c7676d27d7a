"""Mends moto where its DynamoDB is known not to do as Amazon's does.

Python runs this file before moto_server, as its folder is on PYTHONPATH (see moto.ts).
"""

import copy
import threading

from moto.dynamodb.models import DynamoDBBackend, dynamo_type, table
from moto.dynamodb.responses import DynamoHandler
from moto.dynamodbstreams.models import DynamoDBStreamsBackend
from moto.dynamodbstreams.responses import DynamoDBStreamsHandler

# Calls take effect one after the other; moto's threads overwrite each other's work, above all when
# one of them takes a cancelled transaction back.
_turn = threading.RLock()


def _in_turn(handler):
    original = handler.call_action

    def call_action(self):
        with _turn:
            return original(self)

    handler.call_action = call_action


_in_turn(DynamoHandler)
_in_turn(DynamoDBStreamsHandler)

# A transaction that was carried out is not done again for the same ClientRequestToken.
_transact_write_items = DynamoHandler.transact_write_items
_done = {}


def _transact_once(self):
    token = self.body.get("ClientRequestToken")
    if token is None or token not in _done:
        answer = _transact_write_items(self)
        _done[token] = answer
        return answer
    return _done[token]


DynamoHandler.transact_write_items = _transact_once


# An item may have 400 KB; moto's limit is some bytes lower.
def _set_within_limit(self, key, value):
    def size(part):
        is_attribute = type(part) is dynamo_type.DynamoType
        return part.size() if is_attribute else dynamo_type.bytesize(str(part))

    others = sum(size(k) + size(v) for k, v in self.items() if k != key)
    if others + size(key) + size(value) > 400 * 1024:
        raise dynamo_type.ItemSizeTooLarge
    dict.__setitem__(self, key, value)


dynamo_type.LimitedSizeDict.__setitem__ = _set_within_limit


# Records of a stream never change; moto copies all of them for every transaction.
def _copy_shard(self, memo):
    shard = self.__class__.__new__(self.__class__)
    memo[id(self)] = shard
    shard.__dict__.update(self.__dict__)
    shard.table = copy.deepcopy(self.table, memo)
    shard.items = list(self.items)
    return shard


table.StreamShard.__deepcopy__ = _copy_shard


# A place in a stream stays one after a transaction was taken back, which puts copies of tables and
# shards in the place of those that the iterator knows; and it goes with its table.
_get_records = DynamoDBStreamsBackend.get_records


def _get_records_now(self, iterator_arn, limit):
    iterator = self.shard_iterators[iterator_arn]
    iterator.stream_shard = self.dynamodb.get_table(iterator.stream_shard.table.name).stream_shard
    return _get_records(self, iterator_arn, limit)


DynamoDBStreamsBackend.get_records = _get_records_now


# An update that makes an item is one change; moto tells of an item with nothing but its key before.
_update_item = DynamoDBBackend.update_item


def _update_item_once(self, table_name, *args, **kwargs):
    shard = self.get_table(table_name).stream_shard
    before = 0 if shard is None else len(shard.items)
    item = _update_item(self, table_name, *args, **kwargs)
    if shard is not None and len(shard.items) == before + 2:
        bare, whole = shard.items[before:]
        whole.record["dynamodb"]["SequenceNumber"] = bare.record["dynamodb"]["SequenceNumber"]
        shard.items[before:] = [whole]
    return item


DynamoDBBackend.update_item = _update_item_once
