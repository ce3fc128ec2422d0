"""All methods by name; ``plain`` has those of full gradients and of plain batches."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ratebound.theory.method import Method
from ratebound.theory.methods.adaptive import (
    adagrad,
    adagrad_full,
    adagrad_momentum,
    adagrad_norm,
    adam_uncorrected,
    amsgrad_momentum,
    rmsprop,
)
from ratebound.theory.methods.boxed import BOXED
from ratebound.theory.methods.drawn import (
    adagrad_norm_sgd,
    lsvrg,
    newton_doubling,
    newton_model,
    normalised_momentum,
    normalised_sgd,
    page,
    rcd,
    rcd_lipschitz,
    sag,
    sag_centred,
    saga,
    sam_sgd,
    sarah,
    sdca,
    sdca_dual_free,
    sgd_importance,
    sgd_partial,
    sps_max,
    sps_star,
    storm,
    svrg,
)
from ratebound.theory.methods.epochs import IN_EPOCHS
from ratebound.theory.methods.estimated import d_adaptation, prodigy_gd
from ratebound.theory.methods.growth import UNDER_GROWTH
from ratebound.theory.methods.katyusha import katyusha
from ratebound.theory.methods.metric import (
    bfgs,
    bfgs_exact,
    cubic_newton,
    dfp,
    gauss_southwell,
    greedy,
    lbfgs,
    lbfgs_exact,
    newton,
)
from ratebound.theory.methods.optimal import OPTIMAL
from ratebound.theory.methods.plain import (
    clipped,
    gd,
    heavy_ball,
    heavy_ball_decaying,
    heavy_ball_pl,
    heavy_ball_polyak,
    nesterov,
    nesterov_constant,
    normalised,
    ogm,
    polyak,
    sam,
    sam_normalised,
    sgd,
    sgd_momentum,
    sgd_momentum_averaging,
    sgd_primal_averaging,
    sgd_schedule_free,
    sign_descent,
    sign_sgd,
    sign_steepest,
    steepest,
    triple_momentum,
)
from ratebound.theory.methods.proximal import PROXIMAL
from ratebound.theory.methods.rounded import ROUNDED
from ratebound.theory.methods.searched import SEARCHED
from ratebound.theory.methods.signed import SIGNED
from ratebound.theory.named import Named

_BY_NAME: Mapping[str, Method] = MappingProxyType(
    {
        method.name: method
        for method in (
            gd,
            sgd,
            sgd_momentum,
            sgd_momentum_averaging,
            sgd_primal_averaging,
            sgd_schedule_free,
            nesterov,
            nesterov_constant,
            *UNDER_GROWTH,
            triple_momentum,
            ogm,
            *OPTIMAL,
            heavy_ball_pl,
            heavy_ball_polyak,
            heavy_ball_decaying,
            polyak,
            steepest,
            normalised,
            clipped,
            sign_descent,
            sign_sgd,
            sign_steepest,
            *SEARCHED,
            *SIGNED,
            adagrad_norm,
            adagrad,
            adagrad_full,
            rmsprop,
            amsgrad_momentum,
            adam_uncorrected,
            adagrad_momentum,
            d_adaptation,
            prodigy_gd,
            sam,
            sam_normalised,
            *ROUNDED,
            heavy_ball,
            *BOXED,
            *PROXIMAL,
            sgd_importance,
            sgd_partial,
            lsvrg,
            katyusha,
            saga,
            sag,
            sag_centred,
            sdca,
            sdca_dual_free,
            page,
            storm,
            sarah,
            newton_model,
            newton_doubling,
            rcd,
            sam_sgd,
            rcd_lipschitz,
            newton,
            cubic_newton,
            bfgs,
            dfp,
            bfgs_exact,
            lbfgs,
            lbfgs_exact,
            greedy,
            gauss_southwell,
            sps_max,
            sps_star,
            adagrad_norm_sgd,
            normalised_sgd,
            normalised_momentum,
            svrg,
            *IN_EPOCHS,
        )
    }
)
METHODS = Named("method", lambda: _BY_NAME)
"""The methods by name."""
