"""The rollback as a plain Python script: the peer that ct-action is timed against.

Champion back to what it was, the bad version quarantined.
"""

import sys

from mlflow import MlflowClient

MODEL = "churn-classifier"


def main():
    client = MlflowClient()
    aliases = client.get_registered_model(MODEL).aliases
    bad, target = aliases.get("champion"), aliases.get("previous")
    if target is None or target == bad:
        sys.exit("champion == previous; nothing to roll back to. Escalate.")
    version = client.get_model_version(MODEL, target)
    if version.status != "READY" or version.tags.get("quarantined", "false") != "false":
        sys.exit(f"v{target} cannot serve")
    client.set_registered_model_alias(MODEL, "champion", target)
    client.set_model_version_tag(MODEL, bad, "quarantined", "true")
    print(f"ROLLED BACK: @champion v{bad} -> v{target}. v{bad} tagged quarantined.")


if __name__ == "__main__":
    main()
