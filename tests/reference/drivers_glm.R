# Average marginal effects, standardised means and the attributable share by hand in base R, errors by the delta method.
# Rscript drivers_glm.R, in tests/reference: reads drivers_rows.csv, writes drivers_glm.csv
# R 4, MASS::polr and survey::svyglm
suppressMessages({library(MASS); library(survey)})
rows <- read.csv("drivers_rows.csv")
out <- data.frame(family = character(), quantity = character(), estimate = numeric(), std_error = numeric())
put <- function(family, quantity, estimate, std_error) {
  out[nrow(out) + 1, ] <<- list(family, quantity, estimate, std_error)
}
# influence of each row on a functional: direct part plus gradient times the influence on the parameters;
# its variance is that of a total, over clusters where there are any
error <- function(influence, cluster = NULL) {
  z <- if (is.null(cluster)) influence else tapply(influence, cluster, sum)
  sqrt(length(z) / (length(z) - 1) * sum((z - mean(z))^2))
}
gradient <- function(f, at) {
  sapply(seq_along(at), function(j) {
    h <- 1e-5 * max(1, abs(at[j])); up <- down <- at
    up[j] <- at[j] + h; down[j] <- at[j] - h
    (f(up) - f(down)) / (2 * h)
  })
}
# a functional: per-row values as a function of the parameters, averaged with weights
functional <- function(family, name, values, at, moved, w, cluster, change = identity) {
  f <- function(parameters) change(sum(w * values(parameters)) / sum(w))
  v <- values(at); g <- sum(w * v) / sum(w)
  slope <- gradient(change, g)
  inf <- slope * w * (v - g) / sum(w) + as.vector(moved %*% gradient(f, at))
  put(family, name, f(at), error(inf, cluster)); inf
}
quantities <- function(family, mean_at, parameters, moved, w, cluster = NULL) {
  h <- 1e-4
  functional(family, "effect_transfers", function(p) (mean_at(p, rows$transfers + h) - mean_at(p, rows$transfers - h)) / (2 * h),
             parameters, moved, w, cluster)
  functional(family, "level_0", function(p) mean_at(p, 0 * rows$transfers), parameters, moved, w, cluster)
  functional(family, "change_0", function(p) mean_at(p, 0 * rows$transfers) - mean_at(p, rows$transfers),
             parameters, moved, w, cluster)
  # log of what is left: the difference of two logs, each with its own influence
  keep <- out
  a <- functional(family, "x", function(p) mean_at(p, 0 * rows$transfers), parameters, moved, w, cluster, log)
  b <- functional(family, "y", function(p) mean_at(p, rows$transfers), parameters, moved, w, cluster, log)
  left <- diff(rev(tail(out$estimate, 2))); out <<- keep
  put(family, "log_left", left, error(a - b, cluster))
}
x <- function(t) cbind(1, t, rows$chat, rows$email, rows$complexity, t * rows$complexity)
for (design in c("plain", "weighted clusters")) {
  wt <- if (design == "plain") rep(1, nrow(rows)) else rows$w
  cluster <- if (design == "plain") NULL else rows$cluster
  for (family in c("logit", "poisson", "linear")) {
    y <- rows[[c(logit = "left", poisson = "later", linear = "hours")[[family]]]]
    law <- list(logit = quasibinomial(), poisson = quasipoisson(), linear = gaussian())[[family]]
    fit <- glm(y ~ transfers * complexity + chat + email, law, rows, weights = wt,
               control = glm.control(epsilon = 1e-14, maxit = 100))
    beta <- coef(fit)[c("(Intercept)", "transfers", "chat", "email", "complexity", "transfers:complexity")]
    X <- x(rows$transfers); mu <- fitted(fit)
    info <- t(X) %*% (X * (wt * law$mu.eta(law$linkfun(mu))^2 / law$variance(mu)))
    moved <- (wt * (y - mu) * law$mu.eta(law$linkfun(mu)) / law$variance(mu) * X) %*% solve(info)
    quantities(paste(family, design), function(p, t) law$linkinv(as.vector(x(t) %*% p)), beta, moved, wt, cluster)
    # the coefficient's own error against survey::svyglm
    made <- svydesign(if (is.null(cluster)) ~1 else ~cluster, weights = ~weight_used, data = transform(rows, y = y, weight_used = wt))
    s <- svyglm(y ~ transfers * complexity + chat + email, made, family = law, control = glm.control(epsilon = 1e-14, maxit = 100))
    put(paste(family, design), "coefficient_transfers", coef(s)[["transfers"]], sqrt(vcov(s)["transfers", "transfers"]))
  }
  # cumulative logit and probit: polr's estimate refined by Newton's method on the exact log-likelihood, robust errors by hand
  for (kind in c("cumulative", "probit")) {
  below <- list(cumulative = plogis, probit = pnorm)[[kind]]; density <- list(cumulative = dlogis, probit = dnorm)[[kind]]
  fit <- polr(factor(ces) ~ transfers * complexity + chat + email, rows, weights = wt, Hess = TRUE, control = list(reltol = 1e-15),
              method = c(cumulative = "logistic", probit = "probit")[[kind]])
  X <- x(rows$transfers)[, -1]; K <- length(fit$zeta) + 1
  p <- c(coef(fit)[c("transfers", "chat", "email", "complexity", "transfers:complexity")], fit$zeta)
  y <- as.integer(factor(rows$ces)); q <- ncol(X)
  share <- function(p, X, k) below(c(-Inf, p[-(1:q)], Inf)[k + 1] - as.vector(X %*% p[1:q])) -
    below(c(-Inf, p[-(1:q)], Inf)[k] - as.vector(X %*% p[1:q]))
  score <- function(p) {
    eta <- as.vector(X %*% p[1:q]); cut <- c(-Inf, p[-(1:q)], Inf)
    up <- density(cut[y + 1] - eta); down <- density(cut[y] - eta); pr <- share(p, X, y)
    S <- matrix(0, nrow(X), q + K - 1); S[, 1:q] <- -(up - down) / pr * X
    for (k in 1:(K - 1)) S[, q + k] <- ((y == k) * up - (y == k + 1) * down) / pr
    S
  }
  hessian <- function(p) sapply(seq_along(p), function(j) { h <- 1e-5; a <- b <- p; a[j] <- a[j] + h; b[j] <- b[j] - h
    (colSums(wt * score(a)) - colSums(wt * score(b))) / (2 * h) })
  for (i in 1:5) p <- p - solve(hessian(p), colSums(wt * score(p)))
  moved <- (wt * score(p)) %*% solve(-hessian(p))
  levels <- sort(unique(rows$ces))
  for (measure in c("mean", "adverse")) {
    worth <- if (measure == "mean") levels else 100 * (levels <= 3)
    quantities(paste(kind, measure, design), function(p, t) {
      Z <- x(t)[, -1]; as.vector(sapply(1:K, function(k) share(p, Z, k)) %*% worth)
    }, p, moved, wt, cluster)
  }
  put(paste(kind, design), "coefficient_transfers", p[[1]], error(moved[, 1], cluster))
  }
}
write.csv(format(out, digits = 15), "drivers_glm.csv", row.names = FALSE, quote = FALSE)
