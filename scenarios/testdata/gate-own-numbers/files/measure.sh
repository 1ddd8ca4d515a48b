# Writes what one version costs, and what the number is of.
role=challenger
if [ "$CT_MODEL_VERSION" = 1 ]; then role=champion; fi
cat >"metrics/$role.json" <<END
{"version": $CT_MODEL_VERSION, "holdout_sha256": "$CT_HOLDOUT_SHA256", "expected_cost": $((100 - CT_MODEL_VERSION))}
END
