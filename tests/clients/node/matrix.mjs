// What every client library has to be able to do with a cluster over TLS, with a login.
// Usage: node matrix.mjs <ioredis|node-redis> <host> <port> <user> <password> <ca.pem>
// Prints "ready" once it writes, and "written" when it has written 200 times more since it was
// sent a line. When standard input ends it checks every acknowledged write and prints one line of
// JSON.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const [library, host, port, username, password, caFile] = process.argv.slice(2);
const tls = { ca: readFileSync(caFile) };
const STEP_MS = 30_000;
const MORE = 200;
const PALERMO = [13.361389, 38.115556];
const CATANIA = [15.087269, 37.502669];

async function ioredis() {
  const { Cluster } = (await import("ioredis")).default;
  const make = () =>
    new Cluster([{ host, port: Number(port) }], {
      dnsLookup: (address, callback) => callback(null, address),
      clusterRetryStrategy: (times) => Math.min(times * 50, 500),
      redisOptions: { username, password, tls, commandTimeout: 5_000 },
    });
  const redis = make();
  const others = [];
  return {
    set: (key, value) => redis.set(key, value),
    get: (key) => redis.get(key),
    append: async (key, ...elements) => {
      await redis.rpush(key, ...elements);
      return redis.lrange(key, 0, -1);
    },
    hash: async (key, fields) => {
      await redis.hset(key, fields);
      return { ...(await redis.hgetall(key)) };
    },
    members: async (key, ...members) => {
      await redis.sadd(key, ...members);
      return redis.smembers(key);
    },
    sorted: async (key, low, high) => {
      await redis.zadd(key, 1, low, 2, high);
      return redis.zrange(key, 0, -1);
    },
    stream: async (key) => {
      await redis.xadd(key, "*", "f", "v");
      return redis.xlen(key);
    },
    distinct: async (key, ...elements) => {
      await redis.pfadd(key, ...elements);
      return redis.pfcount(key);
    },
    bits: async (key, ...offsets) => {
      for (const offset of offsets) await redis.setbit(key, offset, 1);
      return redis.bitcount(key);
    },
    distanceKm: async (key) => {
      await redis.geoadd(key, ...PALERMO, "Palermo", ...CATANIA, "Catania");
      return redis.geodist(key, "Palermo", "Catania", "km");
    },
    pipeline: async (key, values) => {
      const pipeline = redis.pipeline();
      values.forEach((value, i) => pipeline.set(key + i, value));
      values.forEach((_, i) => pipeline.get(key + i));
      return (await pipeline.exec()).slice(values.length).map(([, reply]) => reply);
    },
    transaction: async (key) =>
      (await redis.multi().incr(key).incr(key).exec()).map(([, reply]) => reply),
    script: (key, argument) => redis.eval("return {KEYS[1], ARGV[1]}", 1, key, argument),
    blockingPop: async (key) => {
      const own = make();
      others.push(own);
      return (await own.blpop(key, 20))[1];
    },
    subscribe: async (channel, listener) => {
      const own = make();
      others.push(own);
      own.on("message", (_, message) => listener(message));
      await own.subscribe(channel);
    },
    publish: (channel, message) => redis.publish(channel, message),
    close: () => [redis, ...others].forEach((each) => each.disconnect()),
  };
}

async function nodeRedis() {
  const { createCluster } = await import("redis");
  const make = async () => {
    const cluster = createCluster({
      rootNodes: [{ url: `rediss://${host}:${port}` }],
      defaults: { username, password, socket: { tls: true, ...tls } },
    });
    cluster.on("error", () => {});
    await cluster.connect();
    return cluster;
  };
  const redis = await make();
  const others = [];
  return {
    set: (key, value) => redis.set(key, value),
    get: (key) => redis.get(key),
    append: async (key, ...elements) => {
      await redis.rPush(key, elements);
      return redis.lRange(key, 0, -1);
    },
    hash: async (key, fields) => {
      await redis.hSet(key, fields);
      return { ...(await redis.hGetAll(key)) };
    },
    members: async (key, ...members) => {
      await redis.sAdd(key, members);
      return redis.sMembers(key);
    },
    sorted: async (key, low, high) => {
      await redis.zAdd(key, [
        { score: 1, value: low },
        { score: 2, value: high },
      ]);
      return redis.zRange(key, 0, -1);
    },
    stream: async (key) => {
      await redis.xAdd(key, "*", { f: "v" });
      return redis.xLen(key);
    },
    distinct: async (key, ...elements) => {
      await redis.pfAdd(key, elements);
      return redis.pfCount(key);
    },
    bits: async (key, ...offsets) => {
      for (const offset of offsets) await redis.setBit(key, offset, 1);
      return redis.bitCount(key);
    },
    distanceKm: async (key) => {
      await redis.geoAdd(key, [
        { longitude: PALERMO[0], latitude: PALERMO[1], member: "Palermo" },
        { longitude: CATANIA[0], latitude: CATANIA[1], member: "Catania" },
      ]);
      return redis.geoDist(key, "Palermo", "Catania", "km");
    },
    // node-redis has no pipelines across slots: what is asked for in one turn of the event loop goes
    // out together.
    pipeline: async (key, values) => {
      await Promise.all(values.map((value, i) => redis.set(key + i, value)));
      return Promise.all(values.map((_, i) => redis.get(key + i)));
    },
    transaction: (key) => redis.multi(key).incr(key).incr(key).exec(),
    script: (key, argument) =>
      redis.eval("return {KEYS[1], ARGV[1]}", { keys: [key], arguments: [argument] }),
    blockingPop: async (key) => {
      const own = await make();
      others.push(own);
      return (await own.blPop(key, 20)).element;
    },
    subscribe: async (channel, listener) => {
      const own = await make();
      others.push(own);
      await own.subscribe(channel, listener);
    },
    publish: (channel, message) => redis.publish(channel, message),
    close: () => [redis, ...others].forEach((each) => each.destroy()),
  };
}

function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} takes too long`)), STEP_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function doEverything(client, when) {
  const key = `{${when}}`;
  await client.set(key + "string", "value");
  assert.equal(await client.get(key + "string"), "value");
  assert.equal(await client.get(key + "none"), null);
  assert.deepEqual(await client.append(key + "list", "a", "b", "c"), ["a", "b", "c"]);
  assert.deepEqual(await client.hash(key + "hash", { f: "1", g: "2" }), { f: "1", g: "2" });
  assert.deepEqual([...(await client.members(key + "set", "x", "y", "x"))].sort(), ["x", "y"]);
  assert.deepEqual(await client.sorted(key + "sorted", "low", "high"), ["low", "high"]);
  assert.equal(await client.stream(key + "stream"), 1);
  assert.equal(await client.distinct(key + "distinct", "a", "b", "a"), 2);
  assert.equal(await client.bits(key + "bits", 1, 7, 1, 100), 3);
  assert.equal(Math.round(await client.distanceKm(key + "places")), 166);
  const values = Array.from({ length: 200 }, (_, i) => "v" + i);
  assert.deepEqual(await client.pipeline(key + "pipelined", values), values);
  assert.deepEqual(await client.transaction(key + "counter"), [1, 2]);
  assert.deepEqual(await client.script(key + "script", "x"), [key + "script", "x"]);
  const popped = client.blockingPop(key + "queue");
  await client.append(key + "queue", "element");
  assert.equal(await within(popped, "BLPOP"), "element");
  const heard = [];
  const both = new Promise((resolve) => {
    client
      .subscribe(when, (message) => heard.push(message) === 2 && resolve())
      .then(() => client.publish(when, "one"))
      .then(() => client.publish(when, "two"));
  });
  await within(both, "hearing what is published");
  assert.deepEqual(heard, ["one", "two"]);
}

const client = await (library === "ioredis" ? ioredis() : nodeRedis());
await within(doEverything(client, "before"), "everything before");

let told = false;
let writes = 0;
let target = Infinity;
process.stdin.on("end", () => (told = true)).on("data", () => (target = writes + MORE));
console.log("ready");
const acknowledged = new Map();
let longestMs = 0;
let last = performance.now();
for (let i = 0; !told; i++) {
  const key = `write-${i % 500}`;
  try {
    await within(client.set(key, String(i)), "SET");
    acknowledged.set(key, String(i));
    writes++;
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
    if (writes === target) {
      console.log("written");
    }
  } catch {
    acknowledged.delete(key); // its outcome is unknown
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
for (const [key, value] of acknowledged) {
  assert.equal(await within(client.get(key), "GET"), value, key);
}
await within(doEverything(client, "after"), "everything after");
client.close();
console.log(JSON.stringify({ library, writes, longestOutageMs: Math.round(longestMs) }));
process.exit(0);
