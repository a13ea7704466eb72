"""The tables of attributes that events of some pipelines have besides their common fields, with what queries call them."""

from gracetape.archive.searchable import SHORT

_INTEGRATED = "ifos end_time end_time_ns mass mchirp minimum_duration snr false_alarm_rate combined_far"
_SINGLE = (
    "ifo search channel end_time end_time_ns end_time_gmst impulse_time impulse_time_ns template_duration event_duration "
    "amplitude eff_distance coa_phase mass1 mass2 mchirp mtotal eta kappa chi tau0 tau2 tau3 tau4 tau5 ttotal psi0 psi3 "
    "alpha alpha1 alpha2 alpha3 alpha4 alpha5 alpha6 beta f_final snr chisq chisq_dof bank_chisq bank_chisq_dof cont_chisq "
    "cont_chisq_dof sigmasq rsqveto_duration spin1x spin1y spin1z spin2x spin2y spin2z gamma0 gamma1 gamma2 gamma3 gamma4 "
    "gamma5 gamma6 gamma7 gamma8 gamma9"
)
_MULTI = (
    "ifos start_time start_time_ns duration strain peak_time peak_time_ns central_freq bandwidth amplitude mchirp snr "
    "confidence false_alarm_rate ligo_axis_ra ligo_axis_dec ligo_angle ligo_angle_sig single_ifo_times hoft code"
)
_OLIB = (
    "bci quality_mean quality_median bsn omicron_snr_network omicron_snr_h1 omicron_snr_l1 omicron_snr_v1 hrss_mean "
    "hrss_median frequency_mean frequency_median"
)
_MLY = (
    "ifos score_coinc score_coher score_comb central_freq central_time bandwidth duration snr detection_statistic bbh sglf "
    "sghf background glitch freq_correlation channels mass1 mass2 mchirp mtotal spin1z spin2z"
)
_GRB = (
    "ivorn author_ivorn author_shortname observatory_location_id coord_system ra dec error_radius how_description "
    "how_reference_url trigger_duration t90 designation redshift trigger_id"
)
_INJECTED = (
    "mass1 mass2 eta mchirp amp_order coa_phase spin1x spin1y spin1z spin2x spin2y spin2z geocent_end_time "
    "geocent_end_time_ns end_time_gmst f_lower f_final distance latitude longitude polarization inclination theta0 phi0 "
    "waveform numrel_mode_min numrel_mode_max numrel_data source taper bandpass alpha beta psi0 psi3 alpha1 alpha2 alpha3 "
    "alpha4 alpha5 alpha6 g_end_time g_end_time_ns h_end_time h_end_time_ns l_end_time l_end_time_ns t_end_time "
    "t_end_time_ns v_end_time v_end_time_ns eff_dist_g eff_dist_h eff_dist_l eff_dist_t eff_dist_v source_channel "
    "destination_channel"
)
#: Table, by the name that it has in the search tables -> its columns.
COLUMNS = {
    "si": frozenset(_SINGLE.split()),
    "ci": frozenset(_INTEGRATED.split()),
    "mb": frozenset(_MULTI.split()),
    "li": frozenset(_OLIB.split()),
    "ml": frozenset(_MLY.split()),
    "grb": frozenset(_GRB.split()),
    "inj": frozenset(_INJECTED.split()),
}
TEXTS = frozenset(
    "ifo ifos search channel single_ifo_times hoft code ivorn author_ivorn author_shortname observatory_location_id "
    "coord_system how_description how_reference_url designation trigger_id waveform numrel_data source taper channels "
    "source_channel destination_channel".split()
)
#: What queries may call them besides.
_ALIASES = {
    **SHORT,
    "coincinspiralevent": "ci",
    "multiburstevent": "mb",
    "lalinferenceburstevent": "li",
    "mlyburstevent": "ml",
    "grbevent": "grb",
    "siminspiralevent": "inj",
}


def canonical(name: str) -> str | None:
    """`si.snr` for `SingleInspiral.snr`, in any case; None if there is no such attribute."""
    table, dot, column = name.lower().partition(".")
    table = _ALIASES.get(table, table)
    return f"{table}.{column}" if dot and column in COLUMNS.get(table, ()) else None


def is_text(name: str) -> bool:
    """Whether an attribute (by its canonical name) holds text rather than numbers."""
    return name.partition(".")[2] in TEXTS
