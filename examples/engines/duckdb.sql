-- Writes evidence.json (docs/evidence.md) from a view `predictions` with the
-- columns label (0 or 1), champion and challenger (probabilities), and any that
-- segments are made by. Aggregates only: no row leaves DuckDB. Rows without a
-- label or a score, and scores outside [0, 1], are counted and refused.
--
-- Variables to set before, all optional (README.md shows how to run this):
--
--   SET VARIABLE segments = [['contract'], ['contract', 'region']];  -- a column, or several crossed
--   SET VARIABLE bin = 0.000244140625;        -- 1/4096; not set: the scores themselves
--   SET VARIABLE decision_threshold = 0.5;    -- of the confusion counts; not set: 0.5
--   SET VARIABLE holdout_sha256 = '…';        -- which rows these are
CREATE OR REPLACE TEMP MACRO clipped_log(p) AS -ln(least(greatest(p, 2.220446049250313e-16), 1 - 2.220446049250313e-16));
CREATE OR REPLACE TEMP MACRO moments(a, b, y, class) AS {
  'champion': coalesce(avg(a) FILTER (y = class), 0),
  'difference': coalesce(avg(b - a) FILTER (y = class), 0),
  'var_champion': coalesce(var_samp(a) FILTER (y = class), 0),
  'var_difference': coalesce(var_samp(b - a) FILTER (y = class), 0),
  'cov_difference_champion': coalesce(covar_samp(b - a, a) FILTER (y = class), 0)};
CREATE OR REPLACE TEMP MACRO by_class(a, b, y) AS {'negatives': moments(a, b, y, 0), 'positives': moments(a, b, y, 1)};
CREATE OR REPLACE TEMP MACRO bin_of(score) AS CASE WHEN coalesce(getvariable('bin'), 0) = 0 THEN score ELSE round(score / getvariable('bin')) END;
CREATE OR REPLACE TEMP MACRO says(score) AS (score >= coalesce(getvariable('decision_threshold'), 0.5)::DOUBLE)::INT;
-- A JSON pointer, as a column's name may hold anything.
CREATE OR REPLACE TEMP MACRO value_of(document, name) AS CASE
  WHEN json_exists(document, '/' || replace(replace(name, '~', '~0'), '/', '~1'))
  THEN coalesce(json_extract_string(document, '/' || replace(replace(name, '~', '~0'), '/', '~1')), '')
  ELSE error('predictions has no column ' || name) END;

COPY (
WITH named AS (
  SELECT COLUMNS(lambda c: lower(c) IN ('label', 'champion', 'challenger') OR list_contains(flatten(coalesce(getvariable('segments'), [])), c)) FROM predictions
), source AS (
  SELECT try_cast(label AS DOUBLE) AS y, try_cast(champion AS DOUBLE) AS a, try_cast(challenger AS DOUBLE) AS b, to_json(named) AS document FROM named
), refused AS (
  SELECT count(*) AS n, count(*) FILTER (y IS NULL OR y NOT IN (0, 1)) AS labels,
    count(*) FILTER (a IS NULL OR NOT a BETWEEN 0 AND 1) AS champions, count(*) FILTER (b IS NULL OR NOT b BETWEEN 0 AND 1) AS challengers
  FROM source
), checked AS (
  SELECT CASE WHEN n = 0 OR labels + champions + challengers > 0 THEN error(printf(
    'of %d rows, %d have no label of 0 or 1, %d no champion score from 0 to 1, %d no challenger score from 0 to 1', n, labels, champions, challengers))
    ELSE true END AS good FROM refused
), parts AS (
  SELECT y, a, b, axis, list_transform(axis, lambda name: value_of(document, name)) AS value
  FROM source, unnest(list_concat([[]::VARCHAR[]], coalesce(getvariable('segments'), []))) AS s(axis)
), sums AS (
  SELECT axis, value, count(*) AS n, count(*) FILTER (y = 1) AS positives,
    {'brier': by_class((a - y) ** 2, (b - y) ** 2, y),
     'log_loss': by_class(clipped_log(1 - abs(y - a)), clipped_log(1 - abs(y - b)), y)} AS losses
  FROM parts GROUP BY axis, value
), cells AS (
  SELECT axis, value, y, bin_of(a) AS ka, bin_of(b) AS kb, count(*) AS n FROM parts GROUP BY ALL
), histograms AS (
  SELECT axis, value, list([y, ka, kb, n] ORDER BY y, ka, kb) AS counts FROM cells GROUP BY axis, value
), decisions AS (
  SELECT axis, value, y::INT AS y, says(a) AS pa, says(b) AS pb, count(*) AS n FROM parts GROUP BY ALL
), confusions AS (
  SELECT axis, value, list([y, pa, pb, n] ORDER BY y, pa, pb) AS counts FROM decisions GROUP BY axis, value
), segments AS (
  SELECT list({'segment': map(axis, value), 'rows': sums.n, 'positives': positives, 'losses': losses,
    'joint_histogram': histograms.counts,
    'confusion': {'decision_threshold': coalesce(getvariable('decision_threshold'), 0.5), 'counts': confusions.counts}} ORDER BY axis, value) AS items
  FROM sums JOIN histograms USING (axis, value) JOIN confusions USING (axis, value)
)
SELECT 1 AS schema, 'binary' AS task, {'engine': 'DuckDB ' || version(), 'query': 'duckdb.sql'} AS producer,
  getvariable('holdout_sha256') AS holdout_sha256,
  CASE WHEN coalesce(getvariable('bin'), 0) = 0 THEN '{"kind": "distinct"}'::JSON
       ELSE json_object('kind', 'width', 'width', getvariable('bin')::DOUBLE) END AS bins,
  items AS segments
FROM segments WHERE (SELECT good FROM checked)
) TO 'evidence.json' (FORMAT json);
