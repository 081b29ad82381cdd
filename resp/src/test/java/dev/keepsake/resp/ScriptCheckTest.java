package dev.keepsake.resp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScriptCheckTest {
    private static final int LIBRARY = 245;

    private static byte[] bytes(String script) {
        return script.getBytes(ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis.set_repl(redis.REPL_NONE)",
                "redis.set_repl",
                "return redis.REPL_ALL",
                "redis . set_repl(0)",
                "redis\n.\nset_repl(0)",
                "redis\r.\rset_repl(0)",
                "redis --[[x]] . --[[y]] set_repl(0)",
                "redis --[==[ ]] ]=] ]==] .set_repl(0)",
                "redis-- comment\n.set_repl(0)",
                "redis--[=comment\n.set_repl(0)",
                "redis--[==\r.set_repl(0)",
                "redis['set_repl'](0)",
                "redis[\"set_repl\"](0)",
                "redis[ [[set_repl]] ](0)",
                "redis[ [==[set_repl]==] ](0)",
                "redis['set'..'_repl'](0)",
                "redis['call'..''](0)",
                "redis['call','set_repl'](0)",
                "redis['\\115et_repl'](0)",
                "redis['\\099all']('x')",
                "redis['ca\\\nll']('x')",
                "redis[KEYS[1]](0)",
                "redis[('call')]('x')",
                "redis[#KEYS](0)",
                "local r = redis r.set_repl(0)",
                "local r = redis local q = r q.set_repl(0)",
                "local r = redis; local function f() return r end f().set_repl(0)",
                "local r=redis--x\nr.set_repl(0)",
                "local r = redis return r['set_repl']",
                "local redis = redis redis.set_repl(0)",
                "local r = 1 local r = redis r.set_repl(0)",
                "local server = 1 local server = redis server.set_repl(0)",
                "local r, s = redis, 1 r.set_repl(0)",
                "local r = redis or 1 r.set_repl(0)",
                "local r = (redis) r.set_repl(0)",
                "local r = redis and redis",
                "local r = redis 'x'",
                "local r = redis {}",
                "local r = redis (1)",
                "r = redis",
                "KEYS.r = redis",
                "local t = {redis} t[1].set_repl(0)",
                "local t = {r = redis} t.r.set_repl(0)",
                "local t = {[1] = redis}",
                "local t = {[redis] = 1} return next(t)",
                "local t = {} t[redis] = 1",
                "(function(r) r.set_repl(0) end)(redis)",
                "return (function() return redis end)().set_repl",
                "for k, v in pairs(redis) do if k == 'set_repl' then v(0) end end",
                "for k, v in next, redis do v(0) end",
                "for _, v in redis.call, redis do end",
                "local f = rawget(redis, 'set_repl')",
                "string.gsub('set_repl', '.*', redis)",
                "('set_repl'):gsub('.*', redis)",
                "error(redis)",
                "pcall(error, redis)",
                "setmetatable({}, {__index = redis}).set_repl(0)",
                "getmetatable('').__index = redis",
                "return unpack({redis})",
                "return select(1, redis)",
                "return redis",
                "return not redis",
                "return -redis.set_repl",
                "return redis == nil",
                "return 'x'..redis",
                "return x...redis",
                "redis:set_repl(0)",
                "redis:call('x')",
                "function redis.set_repl() end",
                "local function f(redis) end",
                "for redis in pairs({}) do end",
                "server.set_repl(0)",
                "local server = server return server.set_repl",
                "do local server = 1 end return server.set_repl(0)",
                "if x then local server = 1 else server.set_repl(0) end",
                "if x then local server = 1 elseif server.set_repl(0) then end",
                "repeat local server = 1 local x until server.set_repl(0)",
                "while true do local load = 1 break end load(f)",
                "local f = function() local load = 1 return load end load(f)",
                "local server = 1, server.set_repl(0)",
                "local server = {server.set_repl(0)}",
                "local load = load",
                "local load = f(load)",
                "_G.redis.set_repl(0)",
                "_G['red'..'is']",
                "local g = _G",
                "getfenv()['red'..'is']['set'..'_repl'](0)",
                "getfenv(0).redis.set_repl(0)",
                "setfenv(1, {})",
                "loadstring('re'..'dis.set_repl(0)')()",
                "local l = loadstring",
                "load(function() return KEYS[1] end)()",
                "pcall(load, f)",
                "newproxy(true)",
                "__redis__err__handler('x')",
                "local x = 1redis = 2 redis.set_repl(0)",
                "local s = 'a\\\\' redis.set_repl(0) s = 'b'",
                "local s = 'a\\'' redis.set_repl(0) s = 'b'",
                "local s = \"a'\" redis.set_repl(0) s = \"'b\"",
                "local s = [[a]] redis.set_repl(0) s = [[b]]",
                "local s = [=[a]]]=] redis.set_repl(0) s = [=[b]=]",
                "local s = [[a]=]] redis.set_repl(0) s = [[b]]",
                "local s = [[\\]] redis.set_repl(0) s = [[b]]",
                "-- [[\nredis.set_repl(0) --]]",
                "--[ [\nredis.set_repl(0) --]]",
                "---[[\nredis.set_repl(0) --]]",
                "--[[]]redis.set_repl(0)",
                "--\rredis.set_repl(0)",
                "#!lua flags=no-writes\nredis.set_repl(0)",
                "#!lua name=l\nredis.register_function('f', function() redis.set_repl(0) end)",
                "# redis.set_repl",
                "redis.\u0000set_repl(0)",
                "redis.call('x')\u0000",
                "\u001bLua",
                "redis.call('x') \u00e9",
                "redis\u00e9.set_repl(0)",
                "local s = 'unfinished",
                "local s = 'unfinished\n'",
                "local s = [[unfinished",
                "--[[unfinished",
                "local s = [=x",
                "local s = [[a[[b]] redis.set_repl(0) ]]",
                "redis.unknown('x')",
                "redis.call.x = redis",
            })
    void isRefused(String script) {
        assertThat(ScriptCheck.refusal(bytes(script)))
                .as(script)
                .startsWith("ERR script refused because of ")
                .contains(" in line ")
                .contains("transaction log");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "return 1",
                "return redis.call('SET', KEYS[1], ARGV[1])",
                "return redis['call']('GET', KEYS[1])",
                "return redis[\"pcall\"]('GET', KEYS[1])",
                "local call = redis.call local pcall = redis.pcall return call('PING')",
                "local r = redis return r.call('PING')",
                "local r = redis; return r.call('PING')",
                "local redis = redis return redis.call('PING')",
                "local r = redis -- short\nlocal s = r return s.pcall('PING')",
                "local r = redis if r.call('PING') then return 1 end",
                "redis.replicate_commands() redis.setresp(3) return redis.sha1hex('')",
                "redis.log(redis.LOG_WARNING, 'redis.set_repl')",
                "return redis.error_reply('set_repl')",
                "return {err = 'x', ok = redis.REDIS_VERSION, redis.REDIS_VERSION_NUM}",
                "return '_G loadstring redis' -- getfenv(redis.set_repl)",
                "--[==[ redis.set_repl ]] ]==] return 1",
                "return [[ redis.set_repl ]]",
                "return [==[ redis.set_repl ]] ]=] ]==]",
                "return 'a\\'redis.set_repl\\''",
                "return \"a\\\nredis.set_repl\"",
                "return 'a\\\r\nredis.set_repl'",
                "local t = {load = 1, redis = 2, server = 3} return t.load + t.redis + t.server",
                "local t = {} t.redis = 1 function t:load() return self.redis end return t:load()",
                "local server = ARGV[1] return redis.call('GET', server)",
                "local load = tonumber(ARGV[1]) if load > 1 then return load end",
                "local function f() local load = 1 return load end return f()",
                "local load = 1 do local load = 2 end return load",
                "local server = (function() return 1 end)() return server",
                "local module, package, debug, os = 1, 2, 3, 4 return debug",
                "return 1..2",
                "return 0x10 + 1e-5 + .5",
                "return #KEYS > 0 and KEYS[1] ~= '' and 1 <= 2",
                "local s = 'caf\u00e9 \u0000' return s",
                "-- caf\u00e9 \u0000\nreturn 1",
                "return cjson.encode(cmsgpack.unpack(struct.pack('>I', bit.band(1, 3))))",
                "#!lua flags=no-writes\nreturn redis.call('GET', KEYS[1])",
                "#!lua name=l\n"
                        + "redis.register_function('f', function(keys) return redis.call('GET',"
                        + " keys[1]) end)",
                "#!lua name=l\n"
                        + "redis.register_function{function_name='f', callback=function() end,"
                        + " flags={'no-writes'}}",
                "return _VERSION",
                "this does not compile",
                "return )",
            })
    void isTaken(String script) {
        assertThat(ScriptCheck.refusal(bytes(script))).as(script).isNull();
    }

    @Test
    void theErrorSaysWhatAndWhere() {
        assertThat(ScriptCheck.refusal(bytes("local a = 1\nlocal f = [[\n\n]]\nredis.set_repl(0)")))
                .startsWith("ERR script refused because of 'redis.set_repl' in line 5: ")
                .contains("use redis.call");
        assertThat(ScriptCheck.refusal(bytes("#!lua name=x\n\nreturn _G")))
                .startsWith("ERR script refused because of '_G' in line 3: ");
    }

    @Test
    void aPayloadIsAsHarmlessAsItsLibraries() {
        var good = bytes("#!lua name=a\nredis.register_function('f', function() return 1 end)");
        var bad =
                bytes(
                        "#!lua name=b\n"
                                + "redis.register_function('g', function() redis.set_repl(0) end)");
        assertThat(ScriptCheck.refusalOfLibraries(payload(library(good)))).isNull();
        assertThat(ScriptCheck.refusalOfLibraries(payload(library(good), library(bad))))
                .contains("'redis.set_repl' in line 2");
    }

    @Test
    void compressedLibrariesAreRead() {
        // 31 bytes as they are, then `set_repl` out of pieces that have been there before.
        var code = "#!lua name=b\nxset_xrepl redis.";
        var lzf = new ByteArrayOutputStream();
        lzf.write(code.length() - 1);
        lzf.writeBytes(bytes(code));
        reference(lzf, 4, code.length() - code.indexOf("set_"));
        reference(lzf, 4, code.length() + 4 - code.indexOf("repl"));
        int length = code.length() + 8;
        var compressed = new ByteArrayOutputStream();
        compressed.write(0xc3);
        compressed.write(lzf.size());
        compressed.write(length);
        compressed.writeBytes(lzf.toByteArray());
        assertThat(ScriptCheck.refusalOfLibraries(payload(entry(compressed.toByteArray()))))
                .contains("'redis.set_repl' in line 2");
        for (int cut = 1; cut < compressed.size(); cut++) {
            var part = new byte[cut];
            System.arraycopy(compressed.toByteArray(), 0, part, 0, cut);
            assertThat(ScriptCheck.refusalOfLibraries(payload(entry(part)))).isNotNull();
        }
    }

    @Test
    void whatIsTooLongIsNotRead() {
        var longest = new byte[ScriptCheck.MAX_SCRIPT_BYTES];
        Arrays.fill(longest, (byte) ' ');
        assertThat(ScriptCheck.refusal(longest)).isNull();
        assertThat(ScriptCheck.refusal(new byte[longest.length + 1]))
                .isEqualTo(
                        "ERR script refused because it has 1048577 bytes, expected 1048576 at"
                                + " most: give data as arguments, or divide the script");
        assertThat(ScriptCheck.refusalOfLibraries(new byte[ScriptCheck.MAX_PAYLOAD_BYTES + 1]))
                .startsWith("ERR payload refused because it has 4194305 bytes, expected 4194304");
    }

    @Test
    void librariesAreBoundedByWhatTheySayOfTheirLength() {
        int most = ScriptCheck.MAX_SCRIPT_BYTES;
        assertThat(ScriptCheck.refusalOfLibraries(payload(entry(bomb(most))))).isNull();
        assertThat(ScriptCheck.refusalOfLibraries(payload(entry(bomb(most + 1)))))
                .startsWith("ERR payload refused because of a library of 1048577 bytes");
        var four =
                payload(entry(bomb(most)), entry(bomb(most)), entry(bomb(most)), entry(bomb(most)));
        assertThat(ScriptCheck.refusalOfLibraries(four)).isNull();
        var five = new ByteArrayOutputStream();
        five.write(four, 0, four.length - 10);
        five.writeBytes(payload(entry(bomb(1))));
        assertThat(ScriptCheck.refusalOfLibraries(five.toByteArray()))
                .startsWith("ERR payload refused because of libraries of more than 4194304 bytes");
        // Not by what comes, which may be next to nothing.
        assertThat(
                        ScriptCheck.refusalOfLibraries(
                                payload(
                                        entry(
                                                new byte[] {
                                                    (byte) 0xc3, 1, (byte) 0x80, 1, 0, 0, 0, 0
                                                }))))
                .startsWith("ERR payload refused because of a library of 16777216 bytes");
    }

    /// A string of so many spaces, compressed.
    private static byte[] bomb(int bytes) {
        var lzf = new ByteArrayOutputStream();
        lzf.write(0);
        lzf.write(' ');
        int left = bytes - 1;
        while (left > 0) {
            int count = left > 264 + 2 ? 264 : Math.min(left, 262);
            if (count < 9) {
                for (int i = 0; i < count; i++) {
                    lzf.write(0);
                    lzf.write(' ');
                }
            } else {
                lzf.write(7 << 5);
                lzf.write(count - 9);
                lzf.write(0);
            }
            left -= count;
        }
        var string = new ByteArrayOutputStream();
        string.write(0xc3);
        length(string, lzf.size());
        length(string, bytes);
        string.writeBytes(lzf.toByteArray());
        return string.toByteArray();
    }

    private static void length(ByteArrayOutputStream into, int length) {
        into.write(0x80);
        into.writeBytes(ByteBuffer.allocate(4).putInt(length).array());
    }

    private static void reference(ByteArrayOutputStream lzf, int count, int distance) {
        lzf.write(((count - 2) << 5) | ((distance - 1) >> 8));
        lzf.write((distance - 1) & 0xff);
    }

    @Test
    void whatTheEngineRefusesIsLeftToIt() {
        assertThat(ScriptCheck.refusalOfLibraries(bytes(""))).isNull();
        assertThat(ScriptCheck.refusalOfLibraries(bytes("garbage, no payload"))).isNull();
    }

    @Test
    void librariesOfOldAndUnknownFormsAreRefused() {
        assertThat(ScriptCheck.refusalOfLibraries(payload(new byte[] {(byte) 246, 1, 'x'})))
                .startsWith("ERR payload refused because of a library in the format of a release");
        assertThat(ScriptCheck.refusalOfLibraries(payload(entry(new byte[] {(byte) 0xc0, 1}))))
                .startsWith("ERR payload refused because of a length that no library has");
        assertThat(
                        ScriptCheck.refusalOfLibraries(
                                payload(entry(new byte[] {(byte) 0x80, 0x7f, 0, 0, 0}))))
                .isNotNull();
        assertThat(ScriptCheck.refusalOfLibraries(payload(entry(new byte[] {9, 'x'})))).isNotNull();
    }

    private static byte[] library(byte[] code) {
        var string = new ByteArrayOutputStream();
        string.write(0x40 | (code.length >> 8));
        string.write(code.length & 0xff);
        string.writeBytes(code);
        return entry(string.toByteArray());
    }

    private static byte[] entry(byte[] string) {
        var entry = new ByteArrayOutputStream();
        entry.write(LIBRARY);
        entry.writeBytes(string);
        return entry.toByteArray();
    }

    private static byte[] payload(byte[]... entries) {
        var payload = new ByteArrayOutputStream();
        for (var entry : entries) {
            payload.writeBytes(entry);
        }
        payload.writeBytes(new byte[10]);
        return payload.toByteArray();
    }
}
