# Importances by one linear solve a subset, the way R's relaimpo forms its lmg (covariance of the subset, solve, and
# gains averaged within sizes, then over sizes); Johnson's weights and squared CAR scores by their printed formulas.
# Run: Rscript importance_subsets.R   (made with R 4.2.2, base packages only; writes importance_*.csv beside it)
full <- function(x) formatC(x, digits = 17, format = "g")
variables <- c("Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality", "Fertility")
write.csv(swiss[, variables], "importance_swiss.csv", row.names = FALSE, quote = FALSE)
write.csv(mtcars[, c("am", "vs", "cyl", "mpg")], "importance_mtcars.csv", row.names = FALSE, quote = FALSE)

gains <- function(S) { # p x p: mean gain of each predictor joining subsets of each size; the outcome is last
  p <- ncol(S) - 1
  r2 <- sapply(0:(2^p - 1), function(code) {
    s <- which(bitwAnd(code, 2^(0:(p - 1))) > 0)
    if (length(s)) drop(S[p + 1, s] %*% solve(S[s, s], S[s, p + 1], tol = 0)) / S[p + 1, p + 1] else 0
  })
  size <- sapply(0:(2^p - 1), function(code) sum(bitwAnd(code, 2^(0:(p - 1))) > 0))
  t(sapply(1:p, function(j) {
    without <- which(bitwAnd(0:(2^p - 1), 2^(j - 1)) == 0)
    tapply(r2[without + 2^(j - 1)] - r2[without], size[without], mean)
  }))
}
root <- function(R, power) { e <- eigen(R, symmetric = TRUE); e$vectors %*% diag(e$values^power) %*% t(e$vectors) }
johnson <- function(S) {
  R <- cov2cor(S); p <- ncol(R) - 1; X <- R[1:p, 1:p]
  drop(root(X, 0.5)^2 %*% (root(X, -0.5) %*% R[1:p, p + 1])^2)
}
car <- function(S) { R <- cov2cor(S); p <- ncol(R) - 1; drop(root(R[1:p, 1:p], -0.5) %*% R[1:p, p + 1])^2 }
pratt <- function(S) { R <- cov2cor(S); p <- ncol(R) - 1; drop(solve(R[1:p, 1:p], R[1:p, p + 1]) * R[1:p, p + 1]) }

out <- NULL
keep <- function(data, measure, values) out <<- rbind(out, data.frame(data, measure, driver = seq_along(values) - 1, value = full(values)))
for (weighted in c(FALSE, TRUE)) {
  w <- if (weighted) 1 + seq_len(nrow(swiss)) %% 3 else rep(1, nrow(swiss))
  S <- cov.wt(swiss[, variables], w / sum(w), method = "ML")$cov
  name <- if (weighted) "swiss weighted" else "swiss"
  keep(name, "shapley_r2", rowMeans(gains(S)))
  keep(name, "johnson_r2", johnson(S)); keep(name, "car_r2", car(S)); keep(name, "pratt_r2", pratt(S))
  z <- as.data.frame(scale(swiss[, variables], colSums(w * swiss[, variables]) / sum(w), sqrt(diag(S))))
  keep(name, "standardised_coefficients", coef(lm(Fertility ~ ., z, weights = w))[-1])
  fit <- function(formula) summary(lm(formula, swiss, weights = w))$r.squared
  drop1 <- sapply(variables[1:5], function(v) fit(reformulate(setdiff(variables[1:5], v), "Fertility")))
  keep(name, "incremental_r2", fit(reformulate(variables[1:5], "Fertility")) - drop1)
}
m <- gains(cov(mtcars[, c("am", "vs", "cyl", "mpg")]))
for (k in 1:3) keep("mtcars", paste("conditional", k - 1), m[, k])
write.csv(out, "importance_values.csv", row.names = FALSE, quote = FALSE)

# Near-collinear: the second predictor is the first but for eps, the fourth the sum of the first and third
i <- 0:59
base <- sapply(1:5, function(j) ((7 + 4 * j) * i + j * i^2) %% 61 / 61)
close <- do.call(rbind, lapply(c(0.1, 0.01, 0.001, 0.0001), function(eps) {
  X <- base; X[, 2] <- X[, 1] + eps * base[, 2]; X[, 4] <- X[, 1] + X[, 3] + eps * base[, 4]
  S <- cov(cbind(X, X %*% c(1, 0.5, -0.7, 0.3, 0.8) + (13 * i) %% 59 / 59))
  data.frame(eps, matrix(full(S), 6), solve = c(full(rowMeans(gains(S))), ""))
}))
write.csv(close, "importance_collinear.csv", row.names = FALSE, quote = FALSE)
