# Reference values of cumulative-link models, from the lines below.
#   Rscript tests/reference/ordinal_models.R      (in the folder tests/reference)
# Packages: MASS, ordinal, sandwich, survey. Writes ordinal_housing.csv (the data: MASS::housing, Madsen 1976),
# ordinal_models.csv (estimates and standard errors) and ordinal_rows.csv (expanded rows with weights, clusters
# and strata made from the row number, for the robust covariances).
suppressMessages({library(MASS); library(ordinal); library(sandwich); library(survey)})
options(digits = 17)
h <- housing
h$sat <- as.integer(h$Sat) - 1
X <- model.matrix(~ Infl + Type + Cont, h)[, -1]
write.csv(data.frame(sat = h$sat, freq = h$Freq, X), "ordinal_housing.csv", row.names = FALSE, quote = FALSE)

out <- NULL
add <- function(model, term, estimate, std_error)
  out <<- rbind(out, data.frame(model = model, term = term, estimate = estimate, std_error = std_error))
names_ <- c(colnames(X), "low|medium", "medium|high", "loglik")
tight <- clm.control(gradTol = 1e-12, maxIter = 200)
for (link in c("logit", "probit", "cloglog")) {
  fit <- clm(Sat ~ Infl + Type + Cont, weights = Freq, data = h, link = link, control = tight)
  se <- sqrt(diag(vcov(fit)))
  add(paste0("clm_", link), names_, c(fit$beta, fit$alpha, as.numeric(logLik(fit))), c(se[-(1:2)], se[1:2], NA))
  method <- if (link == "logit") "logistic" else link
  fit <- polr(Sat ~ Infl + Type + Cont, weights = Freq, data = h, method = method, Hess = TRUE,
              control = list(reltol = 1e-15, maxit = 1000))
  add(paste0("polr_", link), names_, c(coef(fit), fit$zeta, as.numeric(logLik(fit))), c(sqrt(diag(vcov(fit))), NA))
}

# the example of the docstring
d <- data.frame(y = factor(c(0, 1, 2, 0, 1, 2)), x = c(0, 0, 0, 1, 1, 1), w = c(10, 6, 4, 3, 7, 10),
                v = c(8, 8, 4, 3, 0, 17))
fit <- clm(y ~ x, weights = w, data = d, control = tight); se <- sqrt(diag(vcov(fit)))
add("docstring", c("x", "0|1", "1|2"), c(fit$beta, fit$alpha), c(se[3], se[1:2]))
fit <- clm(y ~ x, weights = v, data = d[d$v > 0, ], control = tight); se <- sqrt(diag(vcov(fit)))
add("docstring_second", c("x", "0|1", "1|2"), c(fit$beta, fit$alpha), c(se[3], se[1:2]))

# expanded rows: weights 0.5 to 2, 41 clusters, 3 strata (clusters within strata)
r <- h[rep(seq_len(nrow(h)), h$Freq), ]
i <- seq_len(nrow(r))
r$w <- 0.5 + 0.5 * ((i * 7) %% 4)
r$cluster <- (i * 13) %% 41
r$stratum <- r$cluster %% 3
cell <- rep(seq_len(nrow(h)), h$Freq)
write.csv(data.frame(cell = cell - 1, w = r$w, cluster = r$cluster, stratum = r$stratum), "ordinal_rows.csv",
          row.names = FALSE, quote = FALSE)
# binary outcome: high satisfaction; survey::svyglm uses the same expected = observed information (logit)
r$high <- as.numeric(r$Sat == "High")
designs <- list(weights = svydesign(~1, weights = ~w, data = r),
                strata = svydesign(~1, strata = ~stratum, weights = ~w, data = r),
                clusters = svydesign(~cluster, weights = ~w, data = r),
                both = svydesign(~cluster, strata = ~stratum, weights = ~w, data = r, nest = TRUE))
terms <- c(colnames(X), "intercept")
for (name in names(designs)) {
  fit <- suppressWarnings(svyglm(high ~ Infl + Type + Cont, designs[[name]], family = binomial,
                                 control = list(epsilon = 1e-14, maxit = 100)))
  se <- sqrt(diag(vcov(fit)))
  add(paste0("svyglm_", name), terms, c(coef(fit)[-1], coef(fit)[1]), c(se[-1], se[1]))
}
# ordered outcome: sandwich of the expanded rows from ordinal's own scores and information
fit <- clm(Sat ~ Infl + Type + Cont, data = r, control = tight)
rows <- nrow(r)
V <- sandwich(fit) * rows / (rows - 1)
se <- sqrt(diag(V)); add("sandwich_rows", names_[1:8], c(fit$beta, fit$alpha), c(se[-(1:2)], se[1:2]))
V <- vcovCL(fit, cluster = r$cluster, type = "HC0", cadjust = TRUE)
se <- sqrt(diag(V)); add("sandwich_clusters", names_[1:8], c(fit$beta, fit$alpha), c(se[-(1:2)], se[1:2]))
out$estimate <- sprintf("%.15g", out$estimate); out$std_error <- sprintf("%.15g", out$std_error)
write.csv(out, "ordinal_models.csv", row.names = FALSE, quote = FALSE)
