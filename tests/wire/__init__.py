"""Servers on loopback that speak the wire formats of model providers, and misbehave as they are told.

In a test, in its own loop::

    async with serving(AnthropicWire(), [Answer(text="Hello."), Answer(status=529, retry_after="3")]) as wire:
        provider = ...(base_url=wire.url)
        wire.received[0].json["model"], wire.received[0].headers["authorization"], wire.received[0].ended

As a process of its own, for servers that run as one (see tests/wire/process.py for the context around it)::

    python -m tests.wire.anthropic --port 0 --script '[{"status": 529, "times": 2}, {"text": "Hello."}]'
    python -m tests.wire.openai --port 0 --script @answers.json

The first line on stdout is the address. For OpenAI's format clients add /v1 to it. A script is a list of answers
(tests/wire/answer.py says what each can do, JSON has the same names): each answers one request or as many as its
`times` or `seconds` say, the last one all that follow. It may also be an object of such lists by model, "*" being the
other models. Counting tokens and listing models always work and use up no answer.

`GET /-/received` tells what was asked so far, `GET /-/connections` how many are open, `PUT /-/script` begins another
script; none of them takes part in it.
"""
