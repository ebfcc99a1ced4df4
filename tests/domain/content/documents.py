"""A small prompt set as its author writes it."""

from __future__ import annotations

from typing import Any

DOCUMENT: dict[str, Any] = {
    "name": "product-description",
    "title": "Product description",
    "inputs": {
        "type": "object",
        "required": ["product"],
        "properties": {
            "product": {"type": "string", "maxLength": 200},
            "audience": {"type": "string", "default": "everybody"},
            "facts": {"type": "array", "items": {"type": "string"}},
        },
    },
    "output_format": "markdown",
    "prompts": {
        "generator": {
            "system": "You write for shop pages.",
            "user": "Product: {{ product }}\nFor: {{ audience }}\n{% if facts %}\nFacts:\n{{ facts }}\n{% endif %}\n",
        }
    },
}
