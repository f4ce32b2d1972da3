//! Neutral codes of banks: those that supervisors and clearing houses give, and that no provider
//! can make its own.
//!
//! Peru: the supervisor's three digits, with which a CCI begins. Argentina and Mexico: those with
//! which a CBU and a CLABE begin. Chile and Uruguay: the supervisor's. Colombia: the clearing
//! house's four. Institutions to which providers give differing codes are left out.

use payrun_domain::country::Country;

const AR: &[(&str, &str)] = &[
    ("007", "GALICIA"),
    ("011", "NACION"),
    ("014", "PROVINCIA"),
    ("015", "ICBC"),
    ("016", "CITI"),
    ("017", "BBVA"),
    ("020", "CORDOBA"),
    ("027", "SUPERVIELLE"),
    ("029", "CIUDAD"),
    ("034", "PATAGONIA"),
    ("044", "HIPOTECARIO"),
    ("072", "SANTANDER"),
    ("143", "BRUBANK"),
    ("150", "HSBC"),
    ("191", "CREDICOOP"),
    ("259", "ITAU"),
    ("285", "MACRO"),
    ("299", "COMAFI"),
    ("310", "DEL SOL"),
    ("384", "WILOBANK"),
    ("389", "COLUMBIA"),
];

const CL: &[(&str, &str)] = &[
    ("001", "CHILE"),
    ("009", "INTERNACIONAL"),
    ("012", "ESTADO"),
    ("014", "SCOTIABANK"),
    ("016", "BCI"),
    ("017", "BRASIL"),
    ("027", "ITAU CORPBANCA"),
    ("028", "BICE"),
    ("031", "HSBC"),
    ("037", "SANTANDER"),
    ("039", "ITAU"),
    ("041", "JP MORGAN"),
    ("043", "NACION ARGENTINA"),
    ("045", "TOKYO MITSUBISHI"),
    ("049", "SECURITY"),
    ("051", "FALABELLA"),
    ("052", "DEUTSCHE"),
    ("053", "RIPLEY"),
    ("055", "CONSORCIO"),
    ("056", "PENTA"),
    ("059", "BTG"),
    ("504", "BBVA"),
    ("672", "COOPEUCH"),
    ("729", "LOS HEROES"),
    ("730", "TENPO"),
    ("732", "LOS ANDES"),
    ("738", "GLOBAL66"),
    ("875", "MERCADOPAGO"),
];

const CO: &[(&str, &str)] = &[
    ("1001", "BOGOTA"),
    ("1002", "POPULAR"),
    ("1006", "ITAU"),
    ("1007", "BANCOLOMBIA"),
    ("1009", "CITIBANK"),
    ("1012", "GNB SUDAMERIS"),
    ("1013", "BBVA"),
    ("1019", "SCOTIABANK COLPATRIA"),
    ("1023", "OCCIDENTE"),
    ("1031", "BANCOLDEX"),
    ("1032", "CAJA SOCIAL"),
    ("1040", "AGRARIO"),
    ("1047", "MUNDO MUJER"),
    ("1051", "DAVIVIENDA"),
    ("1052", "AV VILLAS"),
    ("1053", "BANCO W"),
    ("1060", "PICHINCHA"),
    ("1061", "BANCOOMEVA"),
    ("1062", "FALABELLA"),
    ("1063", "FINANDINA"),
    ("1065", "SANTANDER"),
    ("1066", "COOPCENTRAL"),
    ("1067", "MIBANCO"),
    ("1069", "SERFINANZA"),
    ("1070", "LULO"),
    ("1071", "JP MORGAN"),
    ("1121", "JURISCOOP"),
    ("1283", "COOP. FIN. DE ANTIOQUIA"),
    ("1286", "JFK"),
    ("1289", "COOTRAFA"),
    ("1291", "COOFINEP"),
    ("1292", "CONFIAR"),
    ("1370", "COLTEFINANCIERA"),
    ("1558", "CREDIFINANCIERA"),
    ("1805", "BTG PACTUAL"),
    ("1809", "NUBANK"),
];

const MX: &[(&str, &str)] = &[
    ("002", "BANAMEX"),
    ("012", "BBVA"),
    ("014", "SANTANDER"),
    ("021", "HSBC"),
    ("030", "BAJIO"),
    ("036", "INBURSA"),
    ("042", "MIFEL"),
    ("044", "SCOTIABANK"),
    ("058", "BANREGIO"),
    ("059", "INVEX"),
    ("060", "BANSI"),
    ("062", "AFIRME"),
    ("072", "BANORTE"),
    ("127", "AZTECA"),
    ("128", "AUTOFIN"),
    ("130", "COMPARTAMOS"),
    ("137", "BANCOPPEL"),
    ("138", "ABC CAPITAL"),
    ("140", "CONSUBANCO"),
    ("147", "BANKAOOL"),
    ("166", "BABIEN"),
    ("638", "NU"),
    ("646", "STP"),
    ("684", "TRANSFER"),
    ("699", "FONDEADORA"),
    ("706", "ARCUS"),
    ("710", "NVIO"),
    ("722", "MERCADO PAGO"),
    ("723", "CUENCA"),
    ("728", "SPIN"),
];

const PE: &[(&str, &str)] = &[
    ("002", "BCP"),
    ("003", "INTERBANK"),
    ("007", "CITIBANK"),
    ("009", "SCOTIABANK"),
    ("011", "BBVA"),
    ("018", "NACION"),
    ("023", "COMERCIO"),
    ("035", "PICHINCHA"),
    ("038", "BANBIF"),
    ("043", "CREDISCOTIA"),
    ("049", "MIBANCO"),
    ("054", "FALABELLA"),
    ("055", "RIPLEY"),
    ("058", "ALFIN"),
    ("091", "COMPARTAMOS"),
    ("094", "OH"),
    ("096", "EFECTIVA"),
    ("099", "CONFIANZA"),
    ("800", "CAJA METROPOLITANA"),
    ("801", "CMAC PIURA"),
    ("802", "TRUJILLO"),
    ("803", "AREQUIPA"),
    ("805", "SULLANA"),
    ("806", "CUSCO"),
    ("808", "HUANCAYO"),
    ("809", "ICA"),
    ("813", "TACNA"),
    ("849", "CAJA LOS ANDES"),
    ("910", "COOP. ABACO"),
];

const UY: &[(&str, &str)] = &[
    ("001", "BROU"),
    ("091", "BHU"),
    ("110", "BANDES"),
    ("113", "ITAU"),
    ("128", "SCOTIABANK"),
    ("137", "SANTANDER"),
    ("153", "BBVA"),
    ("157", "HSBC"),
    ("162", "HERITAGE"),
    ("205", "CITIBANK"),
    ("246", "NACION"),
    ("361", "BAPRO"),
    ("603", "PREX"),
    ("610", "REDPAGOS"),
    ("611", "OCA BLUE"),
];

/// Codes and names, by code; none where no neutral ones are known.
pub(crate) const fn all(country: Country) -> &'static [(&'static str, &'static str)] {
    match country {
        Country::Ar => AR,
        Country::Br => &[],
        Country::Cl => CL,
        Country::Co => CO,
        Country::Mx => MX,
        Country::Pe => PE,
        Country::Uy => UY,
    }
}

/// The name of the institution, where it is known.
pub(crate) fn name(country: Country, entity: &str) -> Option<&'static str> {
    let entities = all(country);
    entities
        .binary_search_by(|(code, _)| (*code).cmp(entity))
        .ok()
        .and_then(|place| entities.get(place))
        .map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_without_doubles() {
        for entities in [AR, CL, CO, MX, PE, UY] {
            assert!(entities.is_sorted_by(|one, next| one.0 < next.0));
        }
        assert_eq!(name(Country::Pe, "003"), Some("INTERBANK"));
        assert_eq!(name(Country::Pe, "004"), None);
    }
}
