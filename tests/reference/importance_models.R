# Reference values of Shapley shares of a pseudo-R², from the lines below.
#   Rscript tests/reference/importance_models.R      (in the folder tests/reference)
# Package: MASS, with its data sets housing (Madsen 1976; already in ordinal_housing.csv), birthwt (Hosmer and
# Lemeshow 1989) and quine (Aitkin 1978). Every subset of the drivers is fitted by polr or glm; shares are averages
# over all orders of entry. Writes importance_models.csv, importance_birthwt.csv and importance_quine.csv.
suppressMessages(library(MASS))
options(digits = 17)

orders <- function(v) if (length(v) < 2) list(v) else
  do.call(c, lapply(seq_along(v), function(i) lapply(orders(v[-i]), function(o) c(v[i], o))))
shapley <- function(drivers, worth) {  # worth: a function of the names of some drivers
  known <- new.env()
  value <- function(s) {
    key <- paste(c("-", sort(s)), collapse = " ")
    if (is.null(known[[key]])) known[[key]] <- worth(s)
    known[[key]]
  }
  all <- orders(drivers)
  gain <- setNames(numeric(length(drivers)), drivers)
  for (o in all) for (k in seq_along(o)) gain[o[k]] <- gain[o[k]] + value(o[1:k]) - value(o[seq_len(k - 1)])
  gain / length(all)
}
right <- function(s) if (length(s)) paste(s, collapse = " + ") else "1"
tight <- glm.control(epsilon = 1e-14, maxit = 100)
out <- NULL
add <- function(model, shares) out <<- rbind(out, data.frame(model, driver = names(shares), share = shares))

loglik <- function(s) as.numeric(logLik(polr(as.formula(paste("Sat ~", right(s))), weights = Freq, data = housing,
                                             control = list(reltol = 1e-15, maxit = 1000))))
none <- loglik(NULL)
add("housing", shapley(c("Infl", "Type", "Cont"), function(s) 1 - loglik(s) / none))

b <- data.frame(low = birthwt$low, age = birthwt$age, lwt = birthwt$lwt, smoke = birthwt$smoke,
                ht = birthwt$ht, ui = birthwt$ui, w = 1 + (seq_len(nrow(birthwt)) %% 3))
write.csv(b, "importance_birthwt.csv", row.names = FALSE, quote = FALSE)
glm_share <- function(outcome, family, data, weights) function(s) {
  data$weights <- weights
  fit <- suppressWarnings(glm(as.formula(paste(outcome, "~", right(s))), family = family, data = data,
                              weights = weights, control = tight))
  1 - deviance(fit) / fit$null.deviance
}
five <- c("age", "lwt", "smoke", "ht", "ui")
add("birthwt", shapley(five, glm_share("low", binomial, b, rep(1, nrow(b)))))
add("birthwt_weighted", shapley(five, glm_share("low", binomial, b, b$w)))
worth <- glm_share("low", binomial, b, rep(1, nrow(b)))
add("birthwt_given_age", shapley(five[-1], function(s) worth(c("age", s)) - worth("age")))

q <- data.frame(days = quine$Days, eth = as.integer(quine$Eth == "N"), sex = as.integer(quine$Sex == "M"),
                age = as.integer(quine$Age) - 1, lrn = as.integer(quine$Lrn == "SL"))
write.csv(q, "importance_quine.csv", row.names = FALSE, quote = FALSE)
add("quine", shapley(c("eth", "sex", "age", "lrn"), glm_share("days", poisson, q, rep(1, nrow(q)))))
write.csv(out, "importance_models.csv", row.names = FALSE, quote = FALSE)
