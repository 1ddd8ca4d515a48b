# Writes limits_r.json: one-sided score limits by R.
#
#     Rscript make_limits.R > limits_r.json
#
# binom.test's exact limits and prop.test's Wilson limits; ratesci's (1.1.0.9000,
# Laud) Tango limits in closed form (Yang, Sun and Hardin 2013), which it rounds
# unless precis is large.
# Its closed form is 1.2e-9 off Tango's equation, solved in 50 digits, for
# [1, 30, 2, 1] at 0.9, where limits.json has all of 15 digits.
# A paired table is [both, first only, second only, neither]; a difference is
# first - second.

suppressMessages(library(ratesci))

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
  pairs <- c(pairs, sprintf('{"pairs": %s, "level": %s, "tango": %s}',
    list_of(case), number(level), list_of(tango)))
}

cat('{"proportions": [\n  ', paste(proportions, collapse = ",\n  "), '],\n"pairs": [\n  ', paste(pairs, collapse = ",\n  "), "]}\n", sep = "")
