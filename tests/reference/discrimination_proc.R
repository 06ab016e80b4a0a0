# AUC, DeLong variances and paired DeLong tests by R's pROC on arithmetic data (no row of anyone's survey).
# Run: Rscript discrimination_proc.R   (made with pROC 1.18.0, R 4.2.2; writes the two CSV files beside it)
library(pROC)
state <- 2024
uniform <- function(n) {  # Park and Miller's minimal standard: exact in doubles
  out <- numeric(n)
  for (i in seq_len(n)) { state <<- (16807 * state) %% 2147483647; out[i] <- state / 2147483647 }
  out
}
n <- 130
y <- as.integer(uniform(n) < 0.35)
shared <- uniform(n) + 0.5 * y
rows <- data.frame(
  y = y,
  five = pmin(5, 1 + floor(5 * (0.7 * shared + 0.3 * uniform(n)) / 1.2)),
  eleven = pmin(10, floor(11 * (0.3 * shared + 0.7 * uniform(n)) / 1.1)),
  against = round(1 - 0.4 * y + 1.5 * uniform(n), 1),
  smooth = 0.5 * shared + uniform(n)
)
write.csv(rows, "discrimination_rows.csv", row.names = FALSE)
names <- c("five", "eleven", "against", "smooth")
curve <- lapply(rows[names], function(s) roc(rows$y, s, direction = "<", levels = c(0, 1), quiet = TRUE))
out <- list()
for (a in names) for (b in names) {
  one <- a == b
  test <- if (one) NULL else roc.test(curve[[a]], curve[[b]], method = "delong", paired = TRUE)
  ci <- if (one) ci.auc(curve[[a]], method = "delong", conf.level = 0.95)[c(1, 3)] else test$conf.int
  out[[length(out) + 1]] <- data.frame(
    a, b, auc_a = as.numeric(auc(curve[[a]])), auc_b = as.numeric(auc(curve[[b]])),
    cov = if (one) var(curve[[a]], method = "delong") else cov(curve[[a]], curve[[b]], method = "delong"),
    z = if (one) NA else as.numeric(test$statistic), p = if (one) NA else test$p.value,
    low = ci[1], high = ci[2])
}
out <- do.call(rbind, out)
for (column in names(out)[-(1:2)]) out[[column]] <- format(out[[column]], digits = 16, trim = TRUE)
write.csv(out, "discrimination_proc.csv", row.names = FALSE, quote = FALSE)
