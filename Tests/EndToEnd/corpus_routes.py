"""Which upstream a recorded host stands for, and the path there."""

import re

PROVIDERS = {
    "openai", "anthropic", "google", "vertex", "azure", "bedrock", "cohere", "groq", "mistral",
    "deepseek", "xai", "openrouter", "together", "fireworks", "cerebras", "perplexity", "moonshot",
    "voyage", "zai", "minimax", "assemblyai", "deepgram", "ollama",
}
SYNONYMS = {"x-ai": "xai", "moonshotai": "moonshot", "voyageai": "voyage", "zhipu": "zai",
            "aws": "bedrock", "gemini": "google"}
# Every dialect, for a provider that no list knows.
ANY = "[openai, anthropic, gemini, cohere, bedrock, ollama]"


def upstream(case):
    """The upstream that the recorded host stands for."""
    provider = case["provider"] or "unknown"
    provider = SYNONYMS.get(provider, provider)
    if provider in PROVIDERS:
        return provider
    if provider != "local":
        return re.sub(r"[^a-z0-9-]", "-", provider.lower())
    # Other gateways on the recorder's machine: their paths name who is behind.
    path = case["url_path"] or "/"
    for name in ("bedrock", "groq", "anthropic", "google", "openai", "mistral", "cohere"):
        if f"/{name}/" in path:
            return name
    if path.startswith("/api/"):
        return "ollama"
    if path.endswith("/messages"):
        return "anthropic"
    return "vllm" if (case["host"] or "").endswith(":8000") else "openai"


def path_of(case, name):
    """The path at the gateway: what stands before the API's own path belonged to a host."""
    # Recorders put words of their own in the place of secrets.
    path = re.sub(r"[^A-Za-z0-9/._~:@%-]", "_", case["url_path"] or "/")
    if case["provider"] == "local" and f"/{name}/" in path:
        path = "/" + path.split(f"/{name}/", 1)[1]
    return f"/{name}{path}"
