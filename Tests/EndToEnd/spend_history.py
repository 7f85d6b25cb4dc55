"""Calls of many days that a seed repeats, as LiteLLM would have logged them."""

import datetime
import json
import random

MODELS = [("openai", "gpt-4o"), ("openai", "gpt-4o-mini"), ("anthropic", "claude-sonnet-4-5"),
          ("gemini", "gemini-2.5-flash")]
USERS = ["ada", "bob", "eve", "zoë"]


def history(seed, count, days=45):
    """A list of LiteLLM's spend logs, of the days before now."""
    rng = random.Random(seed)
    now = datetime.datetime.now(datetime.timezone.utc)
    rows = []
    for number in range(count):
        provider, model = rng.choice(MODELS)
        moment = now - datetime.timedelta(seconds=rng.uniform(10, days * 86_400))
        tokens = (rng.randint(1, 4_000), rng.randint(1, 900))
        rows.append({
            "request_id": f"history-{seed}-{number}", "call_type": "acompletion",
            "startTime": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "model": model,
            "custom_llm_provider": provider, "user": rng.choice(USERS),
            "spend": f"0.{rng.randint(1, 10**9):012d}", "prompt_tokens": tokens[0],
            "completion_tokens": tokens[1], "session_id": f"s{rng.randint(1, 40)}",
            "request_tags": [f"team:{rng.choice('ab')}"] if rng.random() < 0.7 else [],
            "metadata": {"user_api_key_alias": rng.choice(["web", "cron"]),
                         "user_api_key_team_alias": rng.choice(["shop", "site"])},
            "status": "failure" if rng.random() < 0.05 else "success"})
    return rows


def load(gateway, folder, seed=1, count=400):
    path = folder / f"history-{seed}.json"
    path.write_text(json.dumps(history(seed, count)))
    done = gateway.run("import", str(path), "--format", "json")
    assert json.loads(done.stdout)["new"] == str(count)
