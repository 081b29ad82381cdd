"""What redis-py has to be able to do with a cluster over TLS, with a login.

Usage: python3 matrix.py redis-py <host> <port> <user> <password> <ca.pem>
Prints "ready" once it writes, and "written" when it has written 200 times more since it was
sent a line. When standard input ends it checks every acknowledged write and prints one line of
JSON.
"""

import json
import sys
import threading
import time

import redis

MORE = 200
library, host, port, user, password, ca = sys.argv[1:]


def connect():
    return redis.RedisCluster(host=host, port=int(port), username=user, password=password, ssl=True,
                              ssl_ca_certs=ca, decode_responses=True, socket_timeout=5)


def same(found, expected):
    assert found == expected, (found, expected)


def do_everything(client, when):
    key = "{%s}" % when
    client.set(key + "string", "value")
    same(client.get(key + "string"), "value")
    same(client.get(key + "none"), None)
    client.rpush(key + "list", "a", "b", "c")
    same(client.lrange(key + "list", 0, -1), ["a", "b", "c"])
    client.hset(key + "hash", mapping={"f": "1", "g": "2"})
    same(client.hgetall(key + "hash"), {"f": "1", "g": "2"})
    client.sadd(key + "set", "x", "y", "x")
    same(set(client.smembers(key + "set")), {"x", "y"})
    client.zadd(key + "sorted", {"low": 1, "high": 2})
    same(client.zrange(key + "sorted", 0, -1), ["low", "high"])
    client.xadd(key + "stream", {"f": "v"})
    same(client.xlen(key + "stream"), 1)
    client.pfadd(key + "distinct", "a", "b", "a")
    same(client.pfcount(key + "distinct"), 2)
    for offset in (1, 7, 1, 100):
        client.setbit(key + "bits", offset, 1)
    same(client.bitcount(key + "bits"), 3)
    client.geoadd(key + "places", (13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"))
    same(round(client.geodist(key + "places", "Palermo", "Catania", unit="km")), 166)
    pipeline = client.pipeline()
    for i in range(200):
        pipeline.set("%s-pipelined-%d" % (when, i), "v%d" % i)
    for i in range(200):
        pipeline.get("%s-pipelined-%d" % (when, i))
    same(pipeline.execute()[200:], ["v%d" % i for i in range(200)])
    same(client.eval("return redis.call('INCRBY', KEYS[1], ARGV[1])", 1, key + "script", 7), 7)
    node = client.get_node_from_key(key + "counter")
    with client.get_redis_connection(node).pipeline(transaction=True) as transaction:
        same(transaction.incr(key + "counter").incr(key + "counter").execute(), [1, 2])
    threading.Timer(0.05, lambda: connect().rpush(key + "queue", "element")).start()
    same(client.blpop([key + "queue"], timeout=4)[1], "element")
    listener = connect().pubsub()
    listener.subscribe(when)
    heard = []
    end = time.monotonic() + 30
    while len(heard) < 2:
        assert time.monotonic() < end, "nothing is heard"
        message = listener.get_message(timeout=0.2)
        if message and message["type"] == "subscribe":
            client.publish(when, "one")
            client.publish(when, "two")
        elif message and message["type"] == "message":
            heard.append(message["data"])
    same(heard, ["one", "two"])


client = connect()
do_everything(client, "before")
told = threading.Event()
target = None


def listen():
    global target
    for _ in sys.stdin:
        target = writes + MORE
    told.set()


print("ready", flush=True)
acknowledged, writes, longest, last, number = {}, 0, 0.0, time.monotonic(), 0
threading.Thread(target=listen, daemon=True).start()
while not told.is_set():
    key, value = "write-%d" % (number % 500), str(number)
    number += 1
    try:
        client.set(key, value)
        acknowledged[key] = value
        writes += 1
        now = time.monotonic()
        longest, last = max(longest, now - last), now
        if target is not None and writes >= target:
            target = None
            print("written", flush=True)
    except (redis.RedisError, OSError):
        acknowledged.pop(key, None)  # its outcome is unknown
for key, value in acknowledged.items():
    same(client.get(key), value)
do_everything(client, "after")
print(json.dumps({"library": library, "writes": writes, "longestOutageMs": round(longest * 1000)}))
