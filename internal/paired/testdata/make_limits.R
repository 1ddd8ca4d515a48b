# Writes limits_r.json: one-sided score limits by R.
#
#     Rscript make_limits.R > limits_r.json
#
# binom.test's exact limits and prop.test's Wilson limits; survey's (4.1.1 here)
# svyciprop(method = "beta"), which is Korn and Graubard's (1998) for weighted
# and clustered rows; ratesci's (1.1.0.9000, Laud) Tango limits in closed form
# (Yang, Sun and Hardin 2013) and Newcombe's methods 8 and 10 from Wilson limits.
# ratesci rounds what moverpairci and scorepairci print unless precis is large.
# Its closed form is 1.2e-9 off Tango's equation, solved in 50 digits, for
# [1, 30, 2, 1] at 0.9, where limits.json has all of 15 digits.
#
# Rows of the surveys are drawn by a generator of our own, so that R's version
# does not matter, and are listed in the file. A paired table is
# [both, first only, second only, neither]; a difference is first - second.

suppressMessages({library(survey); library(ratesci)})

number <- function(x) ifelse(is.finite(x), sprintf("%.17g", x), sprintf("\"%s\"", x))
list_of <- function(x) paste0("[", paste(number(as.numeric(x)), collapse = ","), "]")
levels <- c(0.9, 0.95, 0.99, 1 - 0.05 / 32)

proportions <- c()
for (case in list(c(0, 10), c(1, 10), c(10, 10), c(5, 10), c(19, 20), c(20, 20), c(190, 200), c(197, 200),
                  c(200, 200), c(950, 1000), c(999, 1000), c(3, 100000))) for (level in levels) {
  one <- function(test, ...) c(test(case[1], case[2], alternative = "greater", conf.level = level, ...)$conf.int[1],
                               test(case[1], case[2], alternative = "less", conf.level = level, ...)$conf.int[2])
  proportions <- c(proportions, sprintf('{"x": %g, "n": %.0f, "level": %s, "clopper_pearson": %s, "wilson": %s}',
    case[1], case[2], number(level), list_of(one(binom.test)), list_of(suppressWarnings(one(prop.test, correct = FALSE)))))
}

pairs <- c()
for (case in list(c(1, 1, 7, 12), c(45, 2, 3, 0), c(45, 5, 0, 0), c(50, 0, 0, 0), c(48, 0, 1, 1), c(180, 4, 9, 7),
                  c(5, 5, 5, 5), c(940, 12, 18, 30), c(9, 1, 0, 0), c(30, 20, 2, 8), c(1, 30, 2, 1))) for (level in levels) {
  two <- 2 * level - 1
  ends <- function(of) of$estimates[1, c("lower", "upper")]
  tango <- ends(scorepairci(x = case, level = two, contrast = "RD", skew = FALSE, bcf = FALSE, closedform = TRUE, precis = 15))
  mover <- function(corrected) ends(moverpairci(x = case, level = two, contrast = "RD", type = "wilson", corc = corrected, precis = 15))
  pairs <- c(pairs, sprintf('{"pairs": %s, "level": %s, "tango": %s, "newcombe8": %s, "newcombe10": %s}',
    list_of(case), number(level), list_of(tango), list_of(mover(FALSE)), list_of(mover(TRUE))))
}

state <- 5
draw <- function(n) sapply(seq_len(n), function(i) { state <<- (state * 16807) %% 2147483647; state / 2147483647 })

surveys <- c()
survey_of <- function(name, rows, share, weighted, groups) {
  hit <- as.integer(draw(rows) < share)
  group <- if (groups > 0) floor(draw(rows) * groups) else seq_len(rows) - 1
  weight <- if (weighted) round(0.2 + 3 * draw(rows)^3, 3) else rep(1, rows)
  data <- data.frame(hit, group, weight)
  design <- svydesign(ids = ~group, weights = ~weight, data = data)
  mean <- svymean(~hit, design)
  for (level in levels) {
    limits <- attr(svyciprop(~hit, design, method = "beta", level = 2 * level - 1), "ci")
    surveys <<- c(surveys, sprintf(paste0('{"name": "%s", "level": %s, "hit": %s, "group": %s, "weight": %s,\n',
      '   "proportion": %s, "standard_error": %s, "freedom": %s, "korn_graubard": %s}'),
      name, number(level), list_of(hit), list_of(group), list_of(weight),
      number(coef(mean)), number(SE(mean)), number(degf(design)), list_of(limits)))
  }
}
survey_of("weights", 60, 0.8, TRUE, 0)
survey_of("groups", 80, 0.85, FALSE, 15)
survey_of("weights and groups", 80, 0.9, TRUE, 20)
survey_of("few groups", 60, 0.7, FALSE, 5)
survey_of("neither", 40, 0.9, FALSE, 0)

cat('{"proportions": [\n  ', paste(proportions, collapse = ",\n  "), '],\n"pairs": [\n  ', paste(pairs, collapse = ",\n  "),
    '],\n"surveys": [\n  ', paste(surveys, collapse = ",\n  "), "]}\n", sep = "")
