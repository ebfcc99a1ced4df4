"""OpenAI and the servers that speak its chat completions: Ollama, vLLM, llama.cpp and others."""
