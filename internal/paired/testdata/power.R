# The smallest true mean that a one-sided t test of n values shows with a given
# power: stats::power.t.test of R, by the noncentral t distribution.
#   Rscript power.R > power.csv
cat("n,sd,confidence,power,delta\n")
for (n in c(10, 30, 100, 1000)) for (confidence in c(0.95, 0.9984375)) for (power in c(0.8, 0.9)) {
  of <- power.t.test(n = n, sd = 0.5, sig.level = 1 - confidence, power = power,
                     type = "one.sample", alternative = "one.sided", tol = 1e-12)
  cat(n, 0.5, confidence, power, format(of$delta, digits = 12), sep = ",")
  cat("\n")
}
