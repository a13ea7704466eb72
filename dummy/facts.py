"""The lists that a GraceDB server is set up with: groups, pipelines, searches, labels and codes."""

SERVER_VERSION = "2.30.0"
API_VERSIONS = ("default", "v1", "v2")

GROUPS = ("CBC", "Burst", "Test", "External", "Detchar")
CBC_PIPELINES = ("gstlal", "spiir", "MBTAOnline", "MBTA", "pycbc", "PyGRB", "SPIIR", "aframe")
BURST_PIPELINES = ("CWB", "CWB2G", "oLIB", "MLy", "X")
GRB_PIPELINES = ("Fermi", "Swift", "INTEGRAL", "AGILE", "SNEWS", "CHIME", "SVOM", "IceCube")
PIPELINES = (*CBC_PIPELINES, *BURST_PIPELINES, *GRB_PIPELINES, "HardwareInjection", "Ringdown", "Omega")
SEARCHES = (
    "AllSky", "AllSkyLong", "BBH", "EarlyWarning", "GRB", "HEN", "HighMass", "IMBH", "LowMass", "LowMassSim", "MDC",
    "O2VirgoTest", "SNEWS", "SSM", "SubGRB", "SubGRBTargeted", "Supernova", "VTInjection", "BurstLF", "BurstHF", "FRB",
)  # fmt: skip

#: The sites at which operators sign off, and what else an instrument field takes ('' for advocates).
INSTRUMENTS = {"H1": "LHO", "L1": "LLO", "V1": "Virgo", "K1": "KAGRA"}
SIGNOFF_TYPES = {"OP": "operator", "ADV": "advocate"}
SIGNOFF_STATUSES = {"OK": "OKAY", "NO": "NOT OKAY"}
_SITES = tuple(INSTRUMENTS)

#: Labels that only signoffs set; what each stands against.
PROTECTED_LABELS = frozenset(f"{who}{status}" for who in (*_SITES, "ADV") for status in SIGNOFF_STATUSES)
#: A request label and the answers that rule it out.
REQUEST_LABELS = {f"{site}OPS": (f"{site}OK", f"{site}NO") for site in _SITES} | {"ADVREQ": ("ADVOK", "ADVNO")}
LABELS = tuple(
    sorted(
        {
            *PROTECTED_LABELS, *REQUEST_LABELS,
            "cWB_r", "cWB_s", "COMBINEDSKYMAP_READY", "DQOK", "DQR_REQUEST", "DQV", "EARLY_WARNING", "EMBRIGHT_READY",
            "EM_COINC", "EM_READY", "EM_Selected", "EM_SelectedConfident", "EM_SENT", "EM_Superseded", "EM_Throttled",
            "EXT_SKYMAP_READY", "GCN_PRELIM_SENT", "GRB_OFFLINE", "GRB_ONLINE", "GWTC4", "HIGH_PROFILE", "HWINJNO",
            "HWINJOK", "HWINJREQ", "INJ", "LOW_SIGNIF_LOCKED", "LOW_SIGNIF_PRELIM_SENT", "LUMIN_GO", "LUMIN_NO", "NOT_GRB",
            "PASTRO_READY", "PE_READY", "RAVEN_ALERT", "SIGNIF_LOCKED", "SKYMAP_READY", "SNR_OPTIMIZED", "SUBSOLAR_MASS",
            "SWIFT_GO", "SWIFT_NO",
        },
        key=str.lower,
    )
)  # fmt: skip

EM_GROUPS = (
    "AGILE", "ALMA", "ANTARES", "ASKAP", "ATCA", "BOOTES", "CALET", "DECam", "DES", "Fermi", "Fermi GBM", "Fermi LAT",
    "GMRT", "GOTO", "GRAWITA", "HAWC", "HESS", "HXMT", "ICECUBE", "INTEGRAL", "Konus-Wind", "LOFAR", "LCOGT", "MAGIC",
    "MASTER", "MAXI", "MeerKAT", "MWA", "Pan-STARRS", "Pierre Auger", "REM", "SAGUARO", "Swift", "TAROT", "Test", "VERITAS",
    "VISTA", "VST", "Zwicky Transient Facility",
)  # fmt: skip
WAVEBANDS = {
    "em.gamma": "Gamma rays part of the spectrum",
    "em.X-ray": "X-ray part of the spectrum",
    "em.UV": "Ultraviolet part of the spectrum",
    "em.opt": "Optical part of the spectrum",
    "em.IR": "Infrared part of the spectrum",
    "em.mm": "Millimetric part of the spectrum",
    "em.radio": "Radio part of the spectrum",
}
EEL_STATUSES = {"FO": "FOOTPRINT", "SO": "SOURCE", "CO": "COMMENT", "CI": "CIRCULAR"}
OBS_STATUSES = {"NA": "NOT APPLICABLE", "OB": "OBSERVATION", "TE": "TEST", "PR": "PREDICTION"}
SUPEREVENT_CATEGORIES = {"P": "Production", "T": "Test", "M": "MDC"}
VOEVENT_TYPES = {"PR": "preliminary", "IN": "initial", "UP": "update", "RE": "retraction"}

#: Tags that every server knows, with the names that it shows.
TAGS = {
    "analyst_comments": "Analyst Comments", "background": "Background", "data_quality": "Data Quality", "em_bright": "EM Bright",
    "em_follow": "EM Followup", "ext_coinc": "External Coincidence", "lvem": "LV-EM", "p_astro": "Source Classification",
    "pe": "Parameter Estimation", "pe_results": "PE Results", "psd": "PSDs", "public": "Public", "sig_info": "Signal Info",
    "sky_loc": "Sky Localization", "tfplots": "TF Plots",
}  # fmt: skip
BLESSED_TAGS = tuple(TAGS)
