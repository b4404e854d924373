"""The words that statements are written in: English, the German and the commonest Swedish of PTB-XL's reports.

In a phrase a space stands for white space or hyphens, ``~`` for the same or nothing, and an umlaut also for its
spelling in two letters or none. All phrases are matched in lower case between word boundaries, the longest wins.
"""

from __future__ import annotations

_AV = r"a(?:~|/)v"
_NONSPECIFIC = r"(?:minor )?(?:non~specific|unspecific|unspezifische[rsn]?|ospecifik)"
_CHANGE = r"(?:changes?|abnormalit(?:y|ies)|veränderung(?:en)?)"
_HYPERTROPHY = r"hypertroph(?:y|ie)"
_LVH = rf"(?:left ventricular {_HYPERTROPHY}|lv {_HYPERTROPHY}|lvh|links~hypertrophie|vänster kammark?~hypertrofi)"
_BEATS = r"(?:contraction|complex|beat|depolari[sz]ation|systole)(?:\(?e?s\)?)?"
_EXTRA = r"(?:extrasystol\w*|extra~?slag|es|ectop\w*(?: (?:beats?|complex(?:es)?))?)"
_INCOMPLETE = r"(?:incomplete|partial|unvollständiger|inkompletter|inkomplett)"
_DEPRESSED = r"(?:(?:slightly|mildly|markedly|also|significantly) )?"
_ENLARGED = r"(?:enlargement|overload|abnormality|dilat(?:ation|ion)|hypertrophy)"

PHRASES: dict[str, tuple[str, ...]] = {
    "NORM": (
        r"normal (?:12 lead )?(?:ecg|ekg|electrocardiogram|tracing|trace)",
        r"(?:ecg|ekg|electrocardiogram|tracing|trace) (?:(?:is|was|appears) )?(?:within normal limits|normal)",
        r"normale[sn]? (?:ekg|elektrokardiogramm)",
        r"normalt ekg",
        r"unauffälliges ekg",
        r"unremarkable (?:ecg|ekg|electrocardiogram)",
        r"no definite (?:pathology|abnormalit(?:y|ies))",
        r"inget säkert patologi\w*",
    ),
    "SR": (r"sinus~rhythm", r"sinus~rhythmus", r"sinus~rytm", r"nsr", r"rhythm: sinus"),
    "SBRAD": (r"sinus~bradycardia", r"sinus~bradykardie?", r"bradycardic sinus rhythm"),
    "STACH": (r"sinus~tachycardia", r"sinus~tachykardie?", r"tachycardic sinus rhythm"),
    "SARRH": (r"sinus~arr?h?ythmi(?:a|e)", r"sinus~arytmi"),
    "AFIB": (
        r"atrial fib(?:rillation)?",
        r"a~fib",
        r"vorhof~flimmern",
        r"förmaks~flimmer",
        r"absolute arrhythmie",
    ),
    "AFLT": (r"atrial flutter", r"a~flutter", r"vorhof~flattern", r"förmaks~fladder"),
    "SVTAC": (r"supra~ventricular tachycardia", r"svt", r"supra~ventrikuläre tachykardie"),
    "PSVT": (
        r"paroxysmal (?:supra~ventricular tachycardia|svt)",
        r"psvt",
        r"paroxysmale supra~ventrikuläre tachykardie",
    ),
    "SVARR": (r"supra~ventricular arrhythmia", r"supra~ventrikuläre arrhythmie"),
    "PVC": (
        rf"premature ventricular {_BEATS}",
        rf"ventricular (?:premature {_BEATS}|{_EXTRA})",
        r"(?:pvc|vpc|vpb|pvb)s?",
        rf"ventrikulära?(?:\(a\)|re|e)? {_EXTRA}",
    ),
    "PAC": (
        rf"premature (?:atrial|supra~ventricular) {_BEATS}",
        rf"(?:atrial|supra~ventricular) (?:premature {_BEATS}|{_EXTRA})",
        r"(?:pac|apc|apb)s?",
        rf"supra~ventrikulära?(?:\(a\)|re|e)? {_EXTRA}",
    ),
    "PRC(S)": (rf"premature {_BEATS}", r"premature beats of unknown origin", r"extrasystol\w*", r"ectopic beats?"),
    "BIGU": (r"(?:ventricular |atrial )?bigemin\w*",),
    "TRIGU": (r"(?:ventricular |atrial )?trigemin\w*",),
    "PACE": (
        r"pacemaker~(?:rhythm|ecg|ekg)",
        r"(?:electronic |artificial )?pacemaker",
        r"(?:(?:ventricular|atrial|dual chamber|atrioventricular|electronic) )?(?:paced|pacing)(?: rhythm)?",
        r"(?:herz~)?schrittmacher\w*",
    ),
    "1AVB": (
        rf"(?:first|1st) degree (?:{_AV}|heart|atrioventricular) block",
        rf"{_AV}~block,? (?:of )?(?:(?:the )?(?:first|1st) degree|degree (?:1|i)|(?:1|i)\.? ?grad(?:es)?|i|1)",
        r"1(?:°|º|st) avb",
        r"1avb",
    ),
    "2AVB": (
        rf"(?:second|2nd) degree (?:{_AV}|heart|atrioventricular) block",
        rf"{_AV}~block,? (?:of )?(?:(?:the )?(?:second|2nd) degree|degree (?:2|ii)|ii|2|(?:2|ii)\.? ?grad(?:es)?)",
        r"mobitz(?: type)? (?:i|ii|1|2)(?: (?:block|second degree av block))?",
        r"wenckebach(?: block| phenomenon)?",
        r"2avb",
    ),
    "3AVB": (
        rf"(?:third|3rd) degree (?:{_AV}|heart|atrioventricular) block",
        rf"{_AV}~block,? (?:of )?(?:(?:the )?(?:third|3rd) degree|degree (?:3|iii)|iii|3|(?:3|iii)\.? ?grad(?:es)?)",
        rf"complete (?:heart|{_AV}|atrioventricular) block",
        rf"(?:totaler|kompletter) {_AV}~block",
        r"3avb",
    ),
    "LPR": (
        r"(?:prolonged|long) (?:pr|pq)(?: interval)?",
        r"(?:pr|pq)(?: interval)? (?:is )?prolong(?:ed|ation)",
        r"(?:pr|pq)(?: zeit)? verlängerung",
        r"prolongation of (?:the )?(?:pr|pq)(?: interval)?",
    ),
    "LNGQT": (
        r"(?:prolonged|long) qtc?(?: interval)?",
        r"qtc?(?: interval)? (?:is )?prolong(?:ed|ation)",
        r"qtc?(?: zeit)? verlängerung",
        r"prolongation of (?:the )?qtc?(?: interval)?",
    ),
    "CLBBB": (
        r"(?:complete |kompletter |vollständiger )?(?:left bundle branch block|lbbb|links~schenkelblock)",
        r"vänstersidigt skänkelblock",
    ),
    "ILBBB": (rf"{_INCOMPLETE} (?:left bundle branch block|lbbb|links~schenkelblock|vänstersidigt skänkelblock)",),
    "CRBBB": (
        r"(?:complete |kompletter |vollständiger )?(?:right bundle branch block|rbbb|rechts~schenkelblock)",
        r"högersidigt skänkelblock",
    ),
    "IRBBB": (rf"{_INCOMPLETE} (?:right bundle branch block|rbbb|rechts~schenkelblock|högersidigt skänkelblock)",),
    "LAFB": (
        r"(?:left )?anterior (?:fascicular block|hemi~block)",
        r"(?:lafb|lahb)",
        r"links~anteriorer hemi~block",
        r"vänster främre hemi~block",
    ),
    "LPFB": (
        r"(?:left )?posterior (?:fascicular block|hemi~block)",
        r"(?:lpfb|lphb)",
        r"links~posteriorer hemi~block",
        r"vänster bakre hemi~block",
    ),
    "IVCD": (
        rf"(?:{_NONSPECIFIC} )?intra~ventricular (?:conduction (?:delay|disturbance|defect|block|abnormality)|block)",
        rf"(?:{_NONSPECIFIC} )?intra~ventr(?:ikuläre[rn]?|\.)~(?:leitungs~störung|block)",
        r"ivcd",
        r"ospecifikt (?:inkomplett )?skänkelblock",
    ),
    "WPW": (
        r"wolff?~parkinson~white(?: syndrome| pattern)?",
        r"wpw(?: syndrome?| pattern)?",
        r"(?:ventricular )?pre~excitation",
    ),
    "LVH": (_LVH, r"links~ventrikuläre hypertrophie"),
    "VCLVH": (
        rf"(?:voltage|amplitude) criteria (?:for|of) {_LVH}",
        rf"{_LVH} (?:by voltage|voltage criteria)(?: criteria)?",
        rf"voltages? (?:are |is )?high in (?:chest|limb|precordial) leads suggesting (?:possible )?{_LVH}",
        rf"(?:chest|limb) lead voltages? suggest(?:s|ing)? (?:possible )?{_LVH}",
        rf"amplituden~kriterien f(?:ü|#)r {_LVH}",
        rf"amplitud~krit(?:erier|\.) för {_LVH}",
        r"sokolow~lyon (?:criteri(?:on|a)|index) (?:is |are )?(?:met|fulfilled|positive)",
    ),
    "RVH": (
        rf"(?:right ventricular|rv) {_HYPERTROPHY}",
        r"rvh",
        r"rechts~hypertrophie",
        r"rechts~ventrikuläre hypertrophie",
        r"höger kammark?~hypertrofi",
    ),
    "SEHYP": (rf"septal {_HYPERTROPHY}", r"septum~hypertrophie"),
    "LAO/LAE": (
        rf"left atrial {_ENLARGED}",
        r"lae",
        r"p (?:sinistro~(?:cardiale|atriale)|mitrale)",
        r"vorhofs?~überlastung links",
    ),
    "RAO/RAE": (
        rf"right atrial {_ENLARGED}",
        r"rae",
        r"p (?:dextro~(?:cardiale|atriale)|pulmonale)",
        r"vorhofs?~überlastung rechts",
    ),
    "QWAVE": (r"(?:(?:pathologic(?:al)?|abnormal|significant|deep) )?q waves?", r"pathologische q(?: zacken?)?"),
    "ABQRS": (r"abnormal qrs(?: complex(?:es)?)?", r"qrs(?:\(t\))? (?:complex )?(?:is )?abnormal"),
    "LVOLT": (
        r"low (?:qrs )?(?:voltages?|amplitudes?)",
        r"low (?:limb|chest|precordial) lead (?:qrs )?voltages?",
        r"low voltage qrs",
        r"(?:periphere )?nieder~(?:spannung|voltage)",
        r"låga qrs amplituder",
    ),
    "HVOLT": (
        r"high (?:qrs )?voltages?",
        r"high (?:v|limb|chest|precordial) lead (?:qrs )?voltages?",
        r"hoch~(?:spannung|voltage)",
    ),
    "STE_": (
        rf"(?:{_NONSPECIFIC} )?st(?: segment)? elevations?",
        rf"st(?: segments?)? (?:is |are )?{_DEPRESSED}elevated",
        r"elevated st(?: segments?)?",
        r"st hebung(?:en)?",
    ),
    "STD_": (
        rf"(?:{_NONSPECIFIC} )?st(?: segment)? depressions?",
        rf"st(?: segments?)? (?:is |are )?{_DEPRESSED}depressed",
        r"depressed st(?: segments?)?",
        r"st senkung(?:en)?",
    ),
    "INVT": (
        r"t(?: waves?)? inversions?",
        r"inverted t(?: waves?)?",
        rf"t waves? (?:is |are )?{_DEPRESSED}inverted",
        r"negative t (?:waves?|wellen|zacken)",
        r"t negativierung(?:en)?",
        r"t neg(?:ativ)?",
        r"neg t",
    ),
    "LOWT": (
        r"low(?: amplitude)? t waves?",
        r"(?:flat|flattened) t waves?",
        r"t waves? (?:is |are )?(?:low or flat|low|flat|flattened)",
        r"t wave flattening",
        r"t abflachung(?:en)?",
        r"flacka t vågor",
    ),
    "NT_": (
        rf"{_NONSPECIFIC} t(?: wave)? (?:{_CHANGE}|flattening)",
        rf"{_NONSPECIFIC} t(?: wellen)?~veränderung(?:en)?",
    ),
    "TAB_": (
        rf"t(?: wave)? {_CHANGE}",
        r"abnormal t waves?",
        r"t waves? (?:is |are )?abnormal",
        r"t(?: wellen)?~veränderung(?:en)?",
    ),
    "NST_": (
        rf"{_NONSPECIFIC} st(?: segment)? {_CHANGE}",
        rf"{_NONSPECIFIC} (?:\w+ )?st~(?:/|\.|and)?~t(?: segment| wave)* {_CHANGE}",
        rf"st~(?:/|\.|and)?~t(?: segment| wave)* {_CHANGE}",
        rf"{_NONSPECIFIC} repolari[sz]ation\w* (?:abnormalit(?:y|ies)|changes?)",
        rf"{_NONSPECIFIC} (?:st )?repolarisations~störung(?:en)?",
    ),
    "NDT": (
        r"non~diagnostic t(?: wave)? (?:abnormalit(?:y|ies)|changes?)",
        r"unspezifisches abnormales t",
        r"ospecifik t förändring",
    ),
    "DIG": (r"(?:digitalis|digoxin) (?:effect|effekt)s?", r"digitalis~(?:wirkung|einwirkung|effekt)"),
    "EL": (
        r"electrolyt(?:e|ic) (?:disturbance|abnormalit(?:y|ies)|imbalance)s?(?: or drug effect)?",
        r"drug effect",
        r"elektrolyt~störung(?:en)?",
        r"hypo~kala?emia",
        r"hyper~kala?emia",
    ),
    "ANEUR": (
        r"(?:st t changes of a )?(?:left )?ventricular aneurysm",
        r"(?:vorder|hinter)wand~aneurysma",
        r"aneurysma?",
    ),
    "ISC_": (
        r"(?:myocardial )?ischa?emia",
        r"ischa?emic (?:st~(?:t )?|t wave )?(?:wave )?changes?",
        r"ischämie",
        r"ischämische (?:st |t )*veränderung(?:en)?",
    ),
}
