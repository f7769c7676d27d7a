import { test } from 'node:test';
import assert from 'node:assert/strict';
import { awaitFindings } from '../../script/checks/await.ts';

const whole = [
  'co_await f(x);',
  'co_return co_await f(x);',
  'const Message message = co_await store.get(id);',
  'const std::map<std::string, Task<int>> all = co_await load(a, b, [](int x) { return x + 1; });',
  'auto [left, right] = co_await pair();',
  'item.value = co_await f(*pointer, a && b, c ? d : e);',
  'rows[i] = co_await f(Message{.id = id, .text = "x; y"});',
  'if (ready) co_await f(x);',
  'if (a(b) > 2) {\n  co_await f(x);\n} else co_await g();',
  'for (const auto& x : xs) co_await f(x);',
  'while (!stopping_) {\n  co_await timer.async_wait(use_awaitable);\n}',
  'switch (x) { case Kind::A: co_await f(); break; default: co_await g(); }',
  '// a comment: g(co_await f())\nconst char* text = "if (co_await f())";',
  'const Result<void> done = co_await offload(pool, [&] { return a < b && c; });',
];

for (const source of whole) {
  void test(`accepts ${source.split('\n')[0] ?? ''}`, () => {
    assert.deepEqual(awaitFindings('x.cc', source), []);
  });
}

const parts = [
  'g(co_await f(x));',
  'if (co_await f(x)) return;',
  'while (co_await f(x)) {}',
  'if (const bool ok = co_await f(); ok) co_return;',
  'const Message message{.id = co_await next_id()};',
  'co_return Message{co_await f()};',
  'const int sum = 1 + co_await f(x);',
  'const int sum = co_await f(x) + 1;',
  'const bool ok = co_await f(x) && g();',
  'const int pick = ready ? co_await f(x) : 0;',
  'const bool no = !co_await f(x);',
  'const auto size = (co_await f(x)).size();',
  'co_return !co_await f(x);',
  'total += co_await f(x);',
  'const int one = 1, two = co_await f(x), three = 3;',
  'log(a, b);\nrows[co_await f()] = 1;',
];

for (const source of parts) {
  void test(`refuses ${source.split('\n')[0] ?? ''}`, () => {
    assert.equal(awaitFindings('x.cc', source).length, 1);
  });
}

void test('names the line', () => {
  const [finding] = awaitFindings('src/a/b.cc', 'int x;\n/* two\nlines */\ng(co_await f());\n');
  assert.deepEqual({ file: finding?.file, line: finding?.line }, { file: 'src/a/b.cc', line: 4 });
});
