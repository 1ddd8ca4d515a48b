# Writes delong.json: paired DeLong comparisons by R's pROC (1.18.0 here).
#
#     Rscript make_delong.R > delong.json
#
# Rows are drawn by a generator of our own, so that R's version does not matter,
# and are listed in the file: scores are whole numbers, some divided by `over`.
# The direction is fixed, or pROC would turn a model round whose AUC is below a
# half. Of two models that rank alike pROC's variance is 0 but for rounding, or
# its statistic is 0/0: what it says stands in the file.

suppressMessages(library(pROC))

state <- 5
draw <- function(n, below) { # n whole numbers from 0, below `below`
  sapply(seq_len(n), function(i) {
    state <<- (state * 16807) %% 2147483647
    floor(state / 2147483647 * below)
  })
}

# Bell-shaped whole scores, higher in positive rows.
scores <- function(label, lift, below = 250) {
  Reduce(`+`, lapply(1:4, function(i) draw(length(label), below))) + lift * label
}
labels <- function(n, positives) as.integer(seq_len(n) %in% (1 + (seq_len(positives) * 7919) %% n))
blend <- function(a, b, share) round(share * a + (1 - share) * b)

number <- function(x) if (is.finite(x)) sprintf("%.17g", x) else sprintf("\"%s\"", x)
list_of <- function(x) paste0("[", paste(format(x, scientific = FALSE, trim = TRUE), collapse = ","), "]")

cases <- list()
add <- function(name, label, champion, challenger, over = 1) {
  curve <- function(x) roc(label, x / over, levels = c(0, 1), direction = "<", quiet = TRUE)
  a <- curve(champion)
  b <- curve(challenger)
  test <- roc.test(b, a, method = "delong", paired = TRUE, conf.level = 0.95)
  variance <- var(b, method = "delong") + var(a, method = "delong") - 2 * cov(b, a, method = "delong")
  cases[[length(cases) + 1]] <<- sprintf(paste0(
    '{"name": "%s", "over": %d,\n  "label": %s,\n  "champion": %s,\n  "challenger": %s,\n',
    '  "champion_auc": %s, "challenger_auc": %s, "difference": %s, "variance": %s,\n',
    '  "low": %s, "high": %s, "z": %s, "p": %s}'),
    name, over, list_of(label), list_of(champion), list_of(challenger),
    number(auc(a)), number(auc(b)), number(auc(b) - auc(a)), number(variance),
    number(test$conf.int[1]), number(test$conf.int[2]), number(test$statistic), number(test$p.value))
}

y <- labels(200, 60)
a <- scores(y, 150)
add("two models of one kind", y, a, blend(a, scores(y, 160), 0.7))
add("probabilities of three decimals", y, a, scores(y, 150), 1000)
add("unrelated models", y, scores(y, 200), scores(y, 40))
add("ties: ten levels", y, floor(a / 120), floor(blend(a, scores(y, 170), 0.5) / 120))
add("ties: two levels", y, as.integer(a > 550), as.integer(scores(y, 150) > 600))
add("a constant challenger", y, a, rep(7, 200))
add("a model that ranks backwards", y, a, 2000 - a)
add("challenger perfect", y, a, a + 2000 * y)
add("both perfect", y, a + 2000 * y, scores(y, 0) + 2000 * y)
add("identical", y, a, a)
add("identical ranks", y, a, 3 * a + 1)
add("champion perfect, challenger perfectly wrong", y, y, 1 - y)
add("one pair swapped", y, a + 2000 * y, ifelse(seq_along(y) == which(y == 1)[1], 0, a + 2000 * y))

y <- labels(500, 10)
a <- scores(y, 220)
add("rare positives: 10 of 500", y, a, blend(a, scores(y, 260), 0.6))
add("rare positives and ties", y, floor(a / 100), floor(blend(a, scores(y, 260), 0.6) / 100))
y <- labels(300, 2)
add("2 positives", y, scores(y, 300), scores(y, 200))
y <- labels(300, 298)
add("2 negatives", y, scores(y, 200), scores(y, 300))
y <- labels(4, 2)
add("4 rows", y, c(1, 3, 2, 4), c(2, 2, 1, 3))
y <- labels(1500, 450)
a <- scores(y, 120, 2500)
add("1500 rows, nearly equal models", y, a, a + draw(1500, 40), 10000)

cat("[\n", paste(unlist(cases), collapse = ",\n"), "\n]\n", sep = "")
