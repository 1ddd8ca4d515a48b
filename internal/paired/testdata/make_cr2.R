# Writes cr2.json: standard errors and degrees of freedom of an AUC and of a Brier
# score, and of the difference of two, for rows with groups or weights, by
# clubSandwich (Pustejovsky).
#
#     Rscript make_cr2.R > cr2.json
#
# A class's placements, and a Brier score's losses within the class, are regressed on
# the class's indicator; what lies between the classes on a constant of its own. All are
# stacked into one regression, clustered by group, whose coefficients' sum is tested.
# The working model has one variance a stratum, that of independent rows. Rows of one
# weight are given to clubSandwich as they are ("rows"); where weights differ,
# the means of each group and stratum are ("means"), with their variances, as its CR2 of
# rows takes another root of the same matrix. Where both can be, both must agree.
suppressMessages({library(clubSandwich)})
set.seed(13)

design <- function(name, group, positive, weight = NULL) {
  n <- length(group)
  shared <- rnorm(n) + rnorm(max(group))[group]
  score <- function() round(plogis(1.2 * positive - 0.6 + shared + 0.7 * rnorm(n) + 0.5 * rnorm(max(group))[group]), 2)
  list(name = name, group = group, positive = positive, weight = weight, champion = score(), challenger = score())
}

sizes <- function(n) rep(seq_along(n), n)
bernoulli <- function(n, p) as.integer(runif(n) < p)
pareto <- function(n, alpha) round((1 - runif(n))^(-1 / alpha), 3)
few <- sizes(c(12, 15, 9, 14)); uneven <- sizes(c(40, 3, 5, 8, 21, 2, 13, 6)); many <- sizes(rep(1:2, 200))
grouped <- sample(30, 150, TRUE)
designs <- list(
  design("4 groups", few, bernoulli(length(few), 0.4)),
  design("8 uneven groups", uneven, bernoulli(length(uneven), 0.4)),
  design("positives in 2 of 400 groups", many, as.integer(many %in% c(2, 300))),
  design("positives in 3 of 8 groups", uneven, as.integer(uneven %in% c(3, 4, 7)) * bernoulli(length(uneven), 0.7)),
  design("weights", seq_len(120), bernoulli(120, 0.3), pareto(120, 2)),
  design("heavy weights", seq_len(80), bernoulli(80, 0.5), pareto(80, 1.1)),
  design("weights and groups", grouped, bernoulli(150, 0.3), pareto(150, 2)))

# influence is what each row moves a model's value by.
influence <- function(metric, d, score, w) {
  y <- d$positive == 1
  if (metric == "brier") {
    loss <- (score - d$positive)^2
    return(w * (loss - weighted.mean(loss, w)) / sum(w))
  }
  beats <- outer(score[y], score[!y], function(p, n) (p > n) + (p == n) / 2)
  out <- numeric(length(w))
  share <- drop(beats %*% w[!y]) / sum(w[!y]); auc <- weighted.mean(share, w[y])
  out[y] <- w[y] * (share - auc) / sum(w[y])
  out[!y] <- w[!y] * (drop(w[y] %*% beats) / sum(w[y]) - auc) / sum(w[!y])
  out
}

# strata stacks the rows: of each class, then all rows with their class's mean.
strata <- function(metric, d, x, w) {
  psi <- x / w
  mean <- ave(seq_along(w), d$positive, FUN = function(i) weighted.mean(psi[i], w[i]))
  one <- function(name, i, psi) data.frame(stratum = name, group = d$group[i], w = w[i], y = psi * sum(w[i]))
  s <- rbind(one("n", which(d$positive == 0), psi[d$positive == 0]), one("p", which(d$positive == 1), psi[d$positive == 1]))
  if (metric == "brier") s <- rbind(s, one("all", seq_along(w), mean))
  s
}

# spread is each stratum's variance of a row: that which makes independent rows'
# influences add up to the variance of the stratum's mean, or to its CR2 by itself
# where that is more.
spread <- function(s) sapply(split(s, s$stratum), function(z) {
  of <- sum((z$w * (z$y - weighted.mean(z$y, z$w)))^2) / sum(z$w^2)
  robust <- test(means(z), setNames(1, z$stratum[1]))[1]^2 * sum(z$w)^2 / sum(z$w^2)
  max(of, robust)
})

# test is of the sum of the strata's coefficients: the design is turned so that the sum
# is its first. The target is about 1, as clubSandwich takes eigenvalues below 1e-12 for 0.
test <- function(s, spread) {
  is <- sapply(unique(s$stratum), function(k) as.numeric(s$stratum == k))
  x <- cbind(is[, 1], is[, -1, drop = FALSE] - (if (ncol(is) > 1) is[, 1] else 0))
  fit <- lm(y ~ 0 + x, data = data.frame(y = s$y, w = s$w), weights = w)
  v <- vcovCR(fit, cluster = s$group, type = "CR2", target = unname(spread[s$stratum] / max(spread)) * s$v * 1000, inverse_var = FALSE)
  got <- coef_test(fit, v, test = "Satterthwaite")
  c(got$SE[1], (if (is.null(got$df_Satt)) got$df else got$df_Satt)[1])
}

means <- function(s) do.call(rbind, lapply(split(s, list(s$stratum, s$group), drop = TRUE), function(z)
  data.frame(stratum = z$stratum[1], group = z$group[1], w = sum(z$w), y = weighted.mean(z$y, z$w), v = sum(z$w^2) / sum(z$w)^2)))

out <- list()
for (d in designs) for (metric in c("auc", "brier")) {
  w <- if (is.null(d$weight)) rep(1, length(d$group)) else d$weight
  a <- influence(metric, d, d$champion, w); b <- influence(metric, d, d$challenger, w)
  difference <- strata(metric, d, b - a, w); challenger <- strata(metric, d, b, w)
  of <- function(s, spread) {
    got <- test(means(s), spread)
    if (is.null(d$weight) && nrow(s) < 700) {
      rows <- s; rows$v <- 1
      stopifnot(abs(test(rows, spread) / got - 1) < 1e-10)
    }
    got
  }
  r <- list(design = d$name, metric = metric)
  if (anyDuplicated(d$group)) {
    x <- of(difference, spread(difference)); y <- of(challenger, spread(challenger))
    r$difference_error <- x[1]; r$challenger_error <- y[1]
    r$freedom <- min(x[2], y[2]) # of both contrasts, the fewer
  } else { # independent rows: strata apart, with a freedom each, put together as Satterthwaite (1946) did
    apart <- function(all) sapply(split(all, all$stratum)[intersect(c("n", "p", "all"), all$stratum)], function(s) of(s, spread(s)))
    x <- apart(difference); y <- apart(challenger)
    r$difference_error <- sqrt(sum(x[1, ]^2)); r$challenger_error <- sqrt(sum(y[1, ]^2))
    r$freedom <- sum(x[1, ]^2)^2 / sum(x[1, ]^4 / x[2, ])
  }
  out <- c(out, list(r))
}
json <- function(x) {
  if (is.list(x) && !is.null(names(x))) return(paste0("{", paste0('"', names(x), '":', sapply(x, json), collapse = ","), "}"))
  if (is.list(x)) return(paste0("[", paste(sapply(x, json), collapse = ","), "]"))
  text <- if (is.character(x)) paste0('"', x, '"') else sprintf("%.17g", x)
  if (length(x) > 1) paste0("[", paste(text, collapse = ","), "]") else text
}
designs <- lapply(designs, function(d) { if (!anyDuplicated(d$group)) d$group <- NULL; d[!sapply(d, is.null)] })
cat(json(list(designs = designs, want = out)), "\n", sep = "")
