# Random-effects pooling by R's metafor: published examples and small made-up sets.
# Run: Rscript pooling_metafor.R   (made with metafor 3.8-1, R 4.2.2; writes pooling_metafor.csv and
# pooling_metafor_rows.csv beside it). tau2 is iterated to 1e-14 instead of metafor's 1e-5.
suppressMessages(library(metafor))
options(digits = 16)
tight <- list(threshold = 1e-14, maxiter = 1000, tol = 1e-15)
sets <- list(
  bcg = escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg),      # Colditz et al. 1994
  mcdaniel = escalc(measure = "ZCOR", ri = ri, ni = ni, data = dat.mcdaniel1994),                 # McDaniel et al. 1994
  alike = data.frame(yi = c(.20, .21, .19, .22, .20), vi = c(.01, .02, .015, .03, .01)),          # tau2 = 0, HK short
  three = data.frame(yi = c(.1, .5, .6), vi = c(.02, .01, .05))
)
sets$bcg$x <- sets$bcg$ablat
sets$mcdaniel$x <- sets$mcdaniel$ni / 1000
sets$alike$x <- 1:5
rows <- do.call(rbind, lapply(names(sets), function(s) {
  d <- sets[[s]]
  data.frame(set = s, yi = as.numeric(d$yi), vi = as.numeric(d$vi), x = if (is.null(d$x)) NA else as.numeric(d$x),
             ri = if (is.null(d$ri)) NA else d$ri, ni = if (is.null(d$ni)) NA else d$ni)
}))
values <- list()
note <- function(set, method, test, what, value)
  values[[length(values) + 1]] <<- data.frame(set, method, test, what, value = as.numeric(value))
tests <- c(hk = "knha", hk_truncated = "adhoc", z = "z")
methods <- c(reml = "REML", dl = "DL", pm = "PM", fixed = "FE")
for (s in names(sets)) for (m in names(methods)) for (t in names(tests)) {
  d <- rows[rows$set == s, ]
  fit <- suppressWarnings(rma(yi, vi, data = d, method = methods[[m]], test = tests[[t]], control = tight))
  note(s, m, t, c("estimate", "std_error", "conf_low", "conf_high", "p_value", "tau2", "q", "q_p_value"),
       c(fit$beta, fit$se, fit$ci.lb, fit$ci.ub, fit$pval, fit$tau2, fit$QE, fit$QEp))
  if (m != "fixed") {
    p <- predict(fit)
    ci <- confint(fit, control = list(tol = 1e-14, tau2.max = 50))$random
    note(s, m, t, c("prediction_low", "prediction_high", "i2"), c(p$pi.lb, p$pi.ub, fit$I2 / 100))
    note(s, m, t, c("tau2_low", "tau2_high", "i2_low", "i2_high"), c(ci[1, 2:3], ci[3, 2:3] / 100))
  }
  if (s != "three") {
    fit <- suppressWarnings(rma(yi, vi, mods = ~x, data = d, method = methods[[m]], test = tests[[t]], control = tight))
    for (j in 1:2) note(s, m, t, paste0(c("beta", "se", "low", "high", "p"), j),
                        c(fit$beta[j], fit$se[j], fit$ci.lb[j], fit$ci.ub[j], fit$pval[j]))
    note(s, m, t, c("tau2_x", "qe_x"), c(fit$tau2, fit$QE))
  }
}
for (s in c("bcg", "mcdaniel")) {
  d <- rows[rows$set == s, ]
  fit <- rma(yi, vi, data = d, control = tight)
  e <- regtest(fit, model = "lm")
  note(s, "", "egger", c("t", "p", "limit"), c(e$zval, e$pval, e$est))
  left <- leave1out(fit)
  note(s, "", "leave1out", paste0("estimate", seq_along(left$estimate)), left$estimate)
}
# Hunter and Schmidt, bare bones and corrected for made-up reliabilities (metafor's site, "Hunter and Schmidt method")
d <- rows[rows$set == "mcdaniel", ]
d$rel <- .60 + .05 * (seq_len(nrow(d)) %% 7)
cor <- escalc(measure = "COR", ri = ri, ni = ni, data = d, vtype = "AV")
cor$vi <- (1 - weighted.mean(d$ri, d$ni)^2)^2 / (d$ni - 1)
for (corrected in 0:1) {
  a <- if (corrected) sqrt(d$rel * .9) else 1
  y <- cor$yi / a; v <- cor$vi / a^2
  w <- d$ni * a^2
  mean <- weighted.mean(y, w)
  note("mcdaniel", "", c("hs_bare", "hs_corrected")[corrected + 1], c("mean_rho", "sd_rho"),
       c(mean, sqrt(weighted.mean((y - mean)^2, w) - weighted.mean(v, w))))
  fit <- rma(y, v, weights = w, method = "FE")
  note("mcdaniel", "", c("hs_bare", "hs_corrected")[corrected + 1], "mean_metafor", fit$beta)
}
out <- do.call(rbind, values)
write.table(format(out, digits = 16, trim = TRUE), "pooling_metafor.csv", sep = ",", row.names = FALSE, quote = FALSE)
write.table(format(rows, digits = 16, trim = TRUE), "pooling_metafor_rows.csv", sep = ",", row.names = FALSE, quote = FALSE)
