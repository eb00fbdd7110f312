"""Renders chat templates with transformers' own Jinja environment.

    python gen_chat.py OUT_DIR [tokenizer_config.json ...]

Without configs: templates in the manner of Llama 3, ChatML (Qwen), Mistral, Gemma, Phi-3 and Zephyr, written for this test, and one
that goes through the language. With configs: their templates, for a comparison that is not kept.
"""
import json
import os
import sys

from transformers.utils.chat_template_utils import _compile_jinja_template

TEMPLATES = {
    "llama3": """{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}
{%- if tools is not none %}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("This model only supports single tool-calls at once!") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}
        {{- '{"name": "' + tool_call.name + '", ' }}
        {{- '"parameters": ' }}
        {{- tool_call.arguments | tojson }}
        {{- "}" }}
        {{- "<|eot_id|>" }}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\\n\\n" }}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
    "chatml_qwen": """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}
        {{- messages[0].content + '\\n\\n' }}
    {%- endif %}
    {{- "# Tools\\n\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set content = message.content or '' %}
        {%- set reasoning_content = '' %}
        {%- if '</think>' in content %}
            {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index and (loop.last or (not loop.last and reasoning_content)) %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {%- if message.tool_calls %}
            {%- for tool_call in message.tool_calls %}
                {%- if (loop.first and content) or (not loop.first) %}
                    {{- '\\n' }}
                {%- endif %}
                {%- if tool_call.function %}
                    {%- set tool_call = tool_call.function %}
                {%- endif %}
                {{- '<tool_call>\\n{"name": "' ~ tool_call.name ~ '", "arguments": ' }}
                {%- if tool_call.arguments is string %}
                    {{- tool_call.arguments }}
                {%- else %}
                    {{- tool_call.arguments | tojson }}
                {%- endif %}
                {{- '}\\n</tool_call>' }}
            {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' }}
        {{- message.content }}
        {{- '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}""",
    "mistral": """{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}""",
    "gemma": """{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '
' + message['content'] | trim + '<end_of_turn>
' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model
'}}{% endif %}""",
    "phi3": """{% for message in messages %}{% if message['role'] == 'system' and message['content'] %}{{'<|system|>
' + message['content'] + '<|end|>
'}}{% elif message['role'] == 'user' %}{{'<|user|>
' + message['content'] + '<|end|>
'}}{% elif message['role'] == 'assistant' %}{{'<|assistant|>
' + message['content'] + '<|end|>
'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>
' }}{% else %}{{ eos_token }}{% endif %}""",
    "zephyr": """{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>
'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}
""",
    "language": """{# a comment #}
{%- macro say(who, what='nothing', n=2) -%}
  {{ who|title }} says {{ what * n }}{{ '!' if n > 1 else '?' }}
{%- endmacro -%}
{{ say('bob') }} {{ say('al', what='hi', n=1) }}
{% set x = [3, 1, 2] %}
{% set a, b = 1, 'two' %}
  {% if x|sort|join('-') == '1-2-3' and not false %}
   yes {{ a ~ b }}
  {% endif %}
{% for k, v in {'a': 1, 'b': [1.0, none, true], 'c': 'it\\'s'}.items() %}
{{ loop.index }}/{{ loop.length }}: {{ k }}={{ v }}{% if not loop.last %},{% endif %}

{% else %}
none
{% endfor %}
{% for i in range(10) if i is odd %}{% if i == 7 %}{% break %}{% endif %}{% if i == 3 %}{% continue %}{% endif %}{{ i }} {{ loop.previtem|default('-') }};{% endfor %}

{% set ns = namespace(total=0) %}{% for i in x %}{% set ns.total = ns.total + i %}{% endfor %}{{ ns.total }} {{ 7 // 2 }} {{ 7 / 2 }} {{ -7 % 3 }} {{ 2 ** 3 }} {{ 1e3 if false else 10 }}
{{ x[-1] }} {{ x[1:] }} {{ 'hello'[::-1] }} {{ 'abc'[0] }} {{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'x' in 'xyz' }} {{ 3 not in x }}
{{ messages|map(attribute='role')|list }} {{ messages|selectattr('role', 'equalto', 'user')|list|length }} {{ messages|rejectattr('role', 'eq', 'user')|map(attribute='content')|join(' | ') }}
{{ {'a': [1, 2, {'b': 'é"<\\n'}], 'c': none, 'd': 1.5, 'e': {}, 'f': []}|tojson }}
{{ {'b': 1, 'a': [true]}|tojson(indent=2, sort_keys=true) }}
{{ undefined_thing|default('dflt') }} {{ ''|default('e', true) }} {{ undefined_thing }} {{ none }} {{ true }} {{ 1 == 1.0 }} {{ 'a' < 'b' }}
{% set block %}
 captured {{ a }}
{% endset %}[{{ block|trim }}]
{% filter upper %}loud {{ b }}{% endfilter %}
{% raw %}{{ not this }}{% endraw %}
{%- if messages is iterable and messages is not string and messages[0] is mapping %} ok{% endif %}
{{ '%s-%d' % ('a', 3) if false else 'f' }} {{ 'abc'.upper().replace('B', 'x') }} {{ '  s '.strip()|length }} {{ "q'q\\"" }} {{ ['a', "b'c"] }} {{ 'a-b_c'|replace('-', '+') }} {{ 'hello world'|capitalize }} {{ [1,[2]]|string }}
{{ x|first }}{{ x|last }}{{ x|max }}{{ x|min }}{{ x|sum }} {{ 'abc'|list }} {{ '3'|int + 1 }} {{ 'z'|int(5) }} {{ 2.5|round }} {{ x|reverse|list }} {{ 'line1\\nline2'|indent(2) }} {{ [1,1,2]|unique|list }} {{ {'b':1,'a':2}|dictsort }}
{% generation %}gen{% endgeneration %}
{{ messages[0].content.startswith(('a', 'H')) }} {{ messages[0].get('nope', 'x') }} {{ messages[0]['nope'] is defined }} {{ (1, 2) }} {{ 'a' if none else 'b' }} {{ 'x'.join(['1','2']) }}
""",
}
BASE = [
    [{"role": "user", "content": "Hello, how are you?"}],
    [{"role": "system", "content": "  You are helpful. \n"}, {"role": "user", "content": " Hi  "}, {"role": "assistant", "content": "Hello! é 日本"}, {"role": "user", "content": "Bye\n"}],
    [{"role": "user", "content": "1"}, {"role": "assistant", "content": "<think>\nhm\n</think>\n\n2"}, {"role": "user", "content": "3"}, {"role": "assistant", "content": "<think>\nx\n</think>\n4"}],
    [{"role": "assistant", "content": "wrong first"}, {"role": "user", "content": "x"}],
    [{"role": "user", "content": "weather?"}, {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "get", "arguments": {"city": "Zürich", "n": 2, "f": 1.0}}}]}, {"role": "tool", "content": "{\"t\": 20}"}, {"role": "tool", "content": "ok"}, {"role": "assistant", "content": "20°"}],
    [{"role": "critic", "content": "odd role"}],
]
TOOLS = [{"type": "function", "function": {"name": "get", "description": "Gets \"it\" <now>", "parameters": {"type": "object", "properties": {"city": {"type": "string", "enum": ["a", "b"]}}, "required": ["city"]}}}]


def cases(template, tokens):
    compiled = _compile_jinja_template(template)
    for messages in BASE:
        for extra in ({"add_generation_prompt": True}, {"add_generation_prompt": False}, {"add_generation_prompt": True, "tools": TOOLS, "enable_thinking": False}):
            v = {"messages": messages, "tools": None, "documents": None, **tokens, **extra}
            try:
                out = compiled.render(**v)
            except Exception as e:
                out = None
            yield {"variables": v, "out": out}


def main():
    out = sys.argv[1]
    todo = {}
    for path in sys.argv[2:]:
        c = json.load(open(path))
        t = c.get("chat_template")
        name = path.split("tokenizer-")[-1].split("/")[0]
        if isinstance(t, str):
            tokens = {k: (c[k] if isinstance(c[k], str) else c[k]["content"]) for k in ("bos_token", "eos_token", "unk_token", "pad_token") if c.get(k)}
            todo[name] = (t, tokens)
    for name, t in ({} if todo else TEMPLATES).items():
        todo[name] = (t, {"bos_token": "<s>", "eos_token": "</s>"})
    for name, (t, tokens) in todo.items():
        os.makedirs(f"{out}/{name}", exist_ok=True)
        with open(f"{out}/{name}/chat_template.jinja", "w", newline="") as f:
            f.write(t)
        with open(f"{out}/{name}/chat_cases.jsonl", "w") as f:
            for c in cases(t, tokens):
                f.write(json.dumps(c, ensure_ascii=True) + "\n")
        print(name)


main()
