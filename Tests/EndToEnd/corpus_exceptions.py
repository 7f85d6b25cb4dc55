"""Where our price differs from that of genai-prices, and the documentation that settles it.

Each entry of EXCEPTIONS says what genai-prices leaves out as a change of the inquiry. A difference
is excepted only where the inquiry so changed is priced exactly as genai-prices prices the call.
PRICE_TABLES lists the models of which the two price tables differ; there the counts must agree, as
everywhere, and the figures are settled by what is named.
"""

import itertools
import re


def without(*pieces):
    def vary(line):
        usage = {name: count for name, count in line["usage"].items() if name not in pieces}
        return dict(line, usage=usage) if usage != line["usage"] else None
    return vary


def moved(source, target):
    def vary(line):
        usage = dict(line["usage"])
        if not usage.get(source):
            return None
        usage[target] = usage.get(target, 0) + usage.pop(source)
        return dict(line, usage=usage)
    return vary


def without_tier(line):
    return dict(line, service_tier=None) if line.get("service_tier") else None


def with_price_list_of(provider, other):
    def vary(line):
        return dict(line, provider=other) if line["provider"] == provider else None
    return vary


def without_key(key):
    def vary(line):
        return {name: value for name, value in line.items() if name != key} \
            if line.get(key) else None
    return vary


def for_provider(provider, vary):
    return lambda line: vary(line) if line["provider"] == provider else None


EXCEPTIONS = [
    ("OpenAI's tool fees are not extracted: web search 10 (preview 25) and file search 2.50 per"
     " 1,000 calls, containers 0.03 each (developers.openai.com/api/docs/pricing, Built-in tools)",
     without("web_search", "web_search_preview", "file_search", "code_interpreter")),
    ("web search of the search-preview models: a fee for each answer, content free"
     " (developers.openai.com/api/docs/pricing, Web search preview)",
     without("web_search_preview")),
    ("Grounding with Google Search and Maps is not extracted: 35 per 1,000 prompts (2.x), 14 per"
     " 1,000 queries (3.x) (ai.google.dev/gemini-api/docs/pricing)",
     without("web_search", "grounded_prompt", "maps_query")),
    ("Anthropic's web search is not extracted for this model: 10 per 1,000"
     " (platform.claude.com/docs/en/about-claude/pricing, Web search tool)",
     for_provider("anthropic", without("web_search"))),
    ("xAI's search sources and tool calls are not extracted (docs.x.ai, pricing, tools)",
     for_provider("xai", without("source", "web_search"))),
    ("the tier that the reply states has no price there: flex and batch half, priority more"
     " (ai.google.dev/gemini-api/docs/pricing; aws.amazon.com/bedrock/pricing, service tiers)",
     without_tier),
    ("Vertex AI has a list of its own (cloud.google.com/vertex-ai/generative-ai/pricing)",
     with_price_list_of("vertex", "google")),
    ("regional endpoints cost 1.1 times the global ones"
     " (cloud.google.com/vertex-ai/generative-ai/pricing, regional pricing)",
     without_key("region")),
    ("US-only inference costs 1.1 times"
     " (platform.claude.com/docs/en/about-claude/pricing, Data residency)",
     without_key("inference_geo")),
    ("cached input is a tenth of input (docs.mistral.ai, prompt caching)",
     for_provider("mistral", moved("cache_read", "input"))),
    ("the tokens of sound have a rate of their own (developers.openai.com/api/docs/pricing, Audio)",
     lambda line: moved("input_audio", "input")(line) or moved("output_audio", "output")(line)),
    ("sound is billed by the minute on top of text (mistral.ai/pricing, Voxtral)",
     for_provider("mistral", without("audio_ms"))),
    ("Azure sells it at a price of its own (azure.microsoft.com/pricing, AI Foundry Models)",
     with_price_list_of("azure", "openai")),
    ("a cache write kept an hour costs twice the input"
     " (platform.claude.com/docs/en/about-claude/pricing, Prompt caching)",
     moved("cache_write_1h", "cache_write_5m")),
]
MAXIMUM_TOGETHER = 3

# Provider, models (a whole name), why our figures stand.
PRICE_TABLES = [
    ("together", r"(?i)mistralai/mixtral-8x7b.*|nousresearch/nous-hermes-2-mixtral.*",
     "0.60, the size class up to 56B of Together's price page; genai-prices has 0.90"),
    ("together", r"(?i)mistralai/mixtral-8x22b.*",
     "1.20, the size class up to 176B of Together's price page; genai-prices has 2.40"),
    ("together", r"(?i)meta-llama/llama-3\.3-70b-instruct-turbo",
     "1.04 since July 2026 on Together's model page; genai-prices has 0.88 at every date"),
    ("together", r"(?i)qwen/qwen3\.[78]-.*", "Together's model list; genai-prices lags behind it"),
    ("together", r"(?i)meta-llama/.*llama-3-8b-instruct-lite",
     "0.14 since 2026-06-10 on Together's model page"),
    ("fireworks", r".*(deepseek-v4-flash-0731|glm-4p7|minimax-m2p1)",
     "Fireworks' model list; genai-prices takes another model's price, or has no cached rate"),
    ("deepseek", r"deepseek-(chat|reasoner|v4.*)",
     "DeepSeek's price page: the aliases moved to V3.1, V3.2 and V4 Flash, and peak hours are on"
     " weekdays only; genai-prices keeps V3 and R1, and has peak hours every day"),
    ("mistral", r"(?i)(mistral-(large|medium|small|tiny)|codestral|voxtral-mini|open-mistral-nemo"
     r"|magistral).*",
     "docs.mistral.ai, models and pricing: the aliases moved, and cached input is a tenth of"
     " input; genai-prices has one price at every date"),
    ("cohere", r"command-r(-plus)?",
     "docs.cohere.com: the bare names are the models of March and April 2024; genai-prices takes"
     " the price of 08-2024"),
    ("xai", r"grok-4-fast.*", "docs.x.ai: double above 128k, which genai-prices leaves out"),
    ("moonshot", r"kimi-k2-turbo.*", "platform.moonshot.ai: the price before its cut"),
    ("azure", r"(?i)deepseek.*|grok-3-mini|gpt-oss-120b",
     "Azure's own price, which genai-prices takes from the model's maker"),
    ("azure", r"(?i)(davinci|babbage|curie|ada).*",
     "Azure charged for output as for input; genai-prices has no output price"),
    ("azure", r"o3(-2025-04-16)?", "10 / 40 before 2025-06-10, as at OpenAI"),
    ("openai", r"(o3|gpt-3\.5-turbo-0301|text-embedding-ada-002|ft:gpt-4o.*)(-.*)?",
     "OpenAI's price page at the time: prices before a cut, and cached rates that genai-prices"
     " lacks"),
    ("openai", r".*-search-preview.*",
     "OpenAI's price page: cached input and search fees that genai-prices lacks"),
    ("openai", r"gpt-4o(-mini)?-(transcribe|audio-preview|realtime-preview).*",
     "OpenAI's model pages: the tokens of sound have a rate of their own"),
    ("anthropic", r"claude-(3-5-haiku|sonnet-4).*",
     "Anthropic's price page at the time: before a cut, and above 200,000 tokens"),
    ("google", r"gemini-(1\.[05]|2\.0-flash-(lite|exp|preview)|2\.5-flash-preview).*",
     "Google's price page at the time: launch prices, cached, thinking and image rates that"
     " genai-prices lacks, and prices per character that it takes for prices per token"),
    ("vertex", r"gemini-(1\.[05]|2\.[05]-flash.*|3\.8-flash-cyber).*|claude.*",
     "Vertex AI's price page: its own list, cached rates, regional factor and long context"),
    ("bedrock", r"(?i)(us-gov|eu|apac|jp)\..*|.*claude-sonnet-4.*|.*gpt-5\.[45].*",
     "Amazon Bedrock's price page: prices by source region, and above 200,000 tokens"),
]


def price_table(line):
    """Why the two price tables differ on this model, or None."""
    for provider, models, reason in PRICE_TABLES:
        if line["provider"] == provider and re.fullmatch(models, line["model"] or ""):
            return f"{provider}: {reason}"
    return None


def variations(line):
    """Changes of an inquiry that an exception, or a few together, stand for, with the reasons."""
    found = []
    for count in range(1, MAXIMUM_TOGETHER + 1):
        for group in itertools.combinations(EXCEPTIONS, count):
            varied, reasons = line, []
            for reason, vary in group:
                changed = vary(varied)
                if changed is None:
                    break
                varied = changed
                reasons.append(reason)
            else:
                found.append((" + ".join(reasons), varied))
    return found
