//! What people write above their columns, and in cells that have few words to choose from, in Spanish, Portuguese and English.

use payrun_domain::fault::Field;

/// The field that a heading names; none when it names none, or could name two.
pub(crate) fn field(heading: &str) -> Option<Field> {
    // What stands in brackets behind it is a unit or a hint.
    let name = heading.split_once('(').map_or(heading, |(name, _)| name);
    [normal(heading), normal(name)].iter().find_map(|heading| {
        Field::ALL.into_iter().find(|field| headings(*field).contains(&heading.as_str()))
    })
}

/// The word that payrun writes for what stands in the cell; none when it is unknown. Case and accents do not matter.
pub(crate) fn word(field: Field, text: &str) -> Option<&'static str> {
    let text = normal(text);
    let (_, known) = words(field).iter().find(|(written, _)| *written == text)?;
    Some(known)
}

/// Lower case without accents; whatever is no letter or digit is one blank.
pub(crate) fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for char in text.chars().flat_map(char::to_lowercase) {
        match plain(char) {
            Some(letter) => normal.push(letter),
            None if normal.ends_with(' ') || normal.is_empty() => {}
            None => normal.push(' '),
        }
    }
    normal.truncate(normal.trim_end().len());
    normal
}

const fn plain(char: char) -> Option<char> {
    Some(match char {
        'a'..='z' | '0'..='9' => char,
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'ª' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'º' | '°' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        _ => return None,
    })
}

/// As [`normal`] leaves them. No heading stands at two fields; a test sees to it.
const fn headings(field: Field) -> &'static [&'static str] {
    match field {
        Field::ClientId => &[
            "client id", "id", "id pago", "id de pago", "id do pagamento", "id pagamento", "payment id", "payout id", "referencia",
            "referencia de pago", "referencia do pagamento", "reference", "codigo de pago", "codigo de operacion", "codigo do pagamento",
            "no de pago", "numero de pago", "numero do pagamento", "no operacion", "identificador",
        ],
        Field::Account => &["account", "cuenta pagadora", "cuenta de cargo", "conta pagadora", "conta de debito", "paying account", "cuenta payrun"],
        Field::Country => &["country", "pais", "pais destino", "pais de destino", "country code", "codigo de pais", "codigo pais"],
        Field::Currency => &["currency", "moneda", "moeda", "divisa", "tipo de moneda", "currency code", "mon"],
        Field::Amount => &[
            "amount", "monto", "monto a pagar", "monto neto", "monto total", "importe", "importe a pagar", "importe neto", "importe liquido",
            "valor", "valor a pagar", "valor liquido", "valor neto", "valor do pagamento", "valor pago", "neto", "neto a pagar", "neto a cobrar",
            "liquido", "liquido a receber", "liquido a pagar", "sueldo neto", "salario liquido", "salario neto", "net pay", "net amount",
            "total a pagar", "total neto", "payment amount", "net salary",
        ],
        Field::Method => &[
            "method", "metodo", "metodo de pago", "metodo de pagamento", "forma de pago", "forma de pagamento", "medio de pago",
            "meio de pagamento", "payment method", "tipo de pago", "tipo de pagamento", "modalidad", "modalidade", "tipo de abono",
        ],
        Field::FirstName => &[
            "first name", "nombre", "nombres", "nome", "primer nombre", "primeiro nome", "given name", "given names", "nombre s",
            "nombre beneficiario", "nombres beneficiario", "nombre del beneficiario", "nombres del beneficiario", "nome do beneficiario",
        ],
        Field::LastName => &[
            "last name", "apellido", "apellidos", "sobrenome", "apelido", "surname", "family name", "ultimo nome", "apellido s",
            "apellido beneficiario", "apellidos beneficiario", "apellido del beneficiario", "apellidos del beneficiario", "sobrenome do beneficiario",
        ],
        Field::CompanyName => &[
            "company name", "razon social", "razao social", "empresa", "nombre de la empresa", "nome da empresa", "denominacion social",
            "denominacion", "company", "business name",
        ],
        Field::DocumentType => &[
            "document type", "tipo de documento", "tipo documento", "tipo doc", "tipo de doc", "t doc", "tipo de identificacion",
            "tipo identificacion", "tipo de documento de identidad", "tipo de documento de identidade", "id type", "tipo id",
        ],
        Field::DocumentNumber => &[
            "document number", "documento", "no documento", "no de documento", "numero de documento", "numero documento", "nro documento",
            "nro de documento", "nro doc", "num documento", "doc", "documento de identidad", "documento de identidade", "no do documento",
            "numero do documento", "identificacion", "no identificacion", "numero de identificacion", "id number", "dni", "cpf", "cpf cnpj",
            "cedula", "cc", "rut", "cuit", "cuil", "cuit cuil", "curp", "rfc", "nit", "ruc", "document", "cedula de ciudadania", "n documento",
            "n de documento", "n doc",
        ],
        Field::Bank => &[
            "bank", "banco", "codigo de banco", "codigo banco", "cod banco", "cod de banco", "codigo del banco", "codigo do banco", "bank code",
            "entidad", "entidad bancaria", "entidad financiera", "banco destino", "banco de destino", "banco beneficiario", "instituicao", "billetera",
        ],
        Field::BankAccount => &[
            "bank account", "cuenta", "no cuenta", "no de cuenta", "numero de cuenta", "numero cuenta", "nro cuenta", "nro de cuenta",
            "cuenta bancaria", "cuenta destino", "cuenta de abono", "cuenta de destino", "cuenta beneficiario", "conta", "conta bancaria", "no da conta",
            "numero da conta", "conta de destino", "account number", "bank account number", "cci", "cuenta cci", "codigo de cuenta interbancario",
            "cuenta interbancaria", "no cci", "clabe", "clabe interbancaria", "cuenta clabe", "cbu", "cvu", "cbu cvu", "cbu o cvu", "chave pix",
            "pix", "chave", "llave", "clave", "iban", "n de cuenta", "n cuenta", "n da conta",
        ],
        Field::BankAccountType => &[
            "bank account type", "tipo de cuenta", "tipo cuenta", "tipo cta", "tipo de cta", "tipo de conta", "tipo conta", "account type",
            "clase de cuenta", "tipo de chave", "tipo chave", "tipo de llave", "tipo de cuenta bancaria",
        ],
        Field::Description => &[
            "description", "descripcion", "descricao", "concepto", "concepto de pago", "glosa", "detalle", "motivo", "historico", "concept",
            "memo", "descripcion del pago", "descricao do pagamento", "periodo", "mensaje", "mensagem",
        ],
        Field::BankAccountLocal => &[
            "bank account local", "cuenta local", "cuenta propia del banco", "cuenta del banco", "conta local", "local account", "cuenta bcp",
            "cuenta en el banco",
        ],
        Field::Phone => &[
            "phone", "telefono", "telefone", "celular", "movil", "no celular", "numero de celular", "numero celular", "mobile", "phone number",
            "telefono celular", "numero de telefono", "numero de telefone", "whatsapp",
        ],
        Field::Email => &[
            "email", "e mail", "correo", "correo electronico", "mail", "correo e", "endereco de e mail", "direccion de correo", "email address",
        ],
    }
}

/// Pairs of what people write and what payrun does, where a field has few words.
const fn words(field: Field) -> &'static [(&'static str, &'static str)] {
    match field {
        Field::Method => &[
            ("bank", "bank"), ("transferencia", "bank"), ("transferencia bancaria", "bank"), ("transfer", "bank"), ("bank transfer", "bank"),
            ("banco", "bank"), ("deposito", "bank"), ("abono en cuenta", "bank"), ("deposito en cuenta", "bank"), ("ted", "bank"),
            ("spei", "bank"), ("cuenta bancaria", "bank"), ("conta bancaria", "bank"),
            ("wallet", "wallet"), ("billetera", "wallet"), ("billetera digital", "wallet"), ("carteira", "wallet"), ("carteira digital", "wallet"),
            ("monedero", "wallet"), ("instant", "instant"), ("instantaneo", "instant"), ("pix", "instant"), ("transferencia inmediata", "instant"),
            ("cash", "cash"), ("efectivo", "cash"), ("dinheiro", "cash"), ("en efectivo", "cash"), ("giro", "cash"),
        ],
        Field::BankAccountType => &[
            ("checking", "checking"), ("corriente", "checking"), ("cuenta corriente", "checking"), ("cta corriente", "checking"),
            ("cte", "checking"), ("corrente", "checking"), ("conta corrente", "checking"), ("current", "checking"), ("checking account", "checking"),
            ("savings", "savings"), ("ahorro", "savings"), ("ahorros", "savings"), ("cuenta de ahorro", "savings"), ("cuenta de ahorros", "savings"),
            ("cta ahorros", "savings"), ("caja de ahorro", "savings"), ("poupanca", "savings"), ("conta poupanca", "savings"),
            ("savings account", "savings"), ("sight", "sight"), ("vista", "sight"), ("cuenta vista", "sight"), ("rut", "rut"), ("cuenta rut", "rut"),
            ("cuentarut", "rut"), ("salary", "salary"), ("sueldo", "salary"), ("cuenta sueldo", "salary"), ("nomina", "salary"),
            ("cuenta nomina", "salary"), ("salario", "salary"), ("conta salario", "salary"),
            ("document", "document"), ("documento", "document"), ("cpf", "document"), ("cnpj", "document"), ("cpf cnpj", "document"),
            ("email", "email"), ("e mail", "email"), ("correo", "email"), ("phone", "phone"), ("telefono", "phone"), ("telefone", "phone"),
            ("celular", "phone"), ("random", "random"), ("aleatoria", "random"), ("chave aleatoria", "random"), ("commerce", "commerce"),
            ("comercio", "commerce"),
        ],
        Field::Country => &[
            ("peru", "PE"), ("colombia", "CO"), ("mexico", "MX"), ("argentina", "AR"), ("brasil", "BR"), ("brazil", "BR"), ("chile", "CL"),
            ("uruguay", "UY"), ("uruguai", "UY"),
        ],
        Field::Currency => &[
            ("soles", "PEN"), ("sol", "PEN"), ("nuevos soles", "PEN"), ("pesos colombianos", "COP"), ("peso colombiano", "COP"),
            ("pesos mexicanos", "MXN"), ("peso mexicano", "MXN"), ("pesos argentinos", "ARS"), ("peso argentino", "ARS"), ("reais", "BRL"),
            ("real", "BRL"), ("pesos chilenos", "CLP"), ("peso chileno", "CLP"), ("pesos uruguayos", "UYU"), ("bolivianos", "BOB"),
            ("guaranies", "PYG"), ("dolares", "USD"),
        ],
        Field::ClientId
        | Field::Account
        | Field::Amount
        | Field::FirstName
        | Field::LastName
        | Field::CompanyName
        | Field::DocumentType
        | Field::DocumentNumber
        | Field::Bank
        | Field::BankAccount
        | Field::Description
        | Field::BankAccountLocal
        | Field::Phone
        | Field::Email => &[],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_heading_is_normal_and_names_one_field() {
        let mut seen = HashSet::new();
        for field in Field::ALL {
            for heading in headings(field) {
                assert_eq!(normal(heading), *heading);
                assert!(seen.insert(*heading), "{heading} stands twice");
            }
            assert_eq!(self::field(field.column()), Some(field));
            let mut written = HashSet::new();
            for (text, _) in words(field) {
                assert_eq!(normal(text), *text);
                assert!(written.insert(*text), "{text} stands twice");
            }
        }
    }

    #[test]
    fn accents_case_and_marks_do_not_matter() {
        assert_eq!(field("Nº DOCUMENTO:"), Some(Field::DocumentNumber));
        assert_eq!(field("  Líquido a receber (R$)"), Some(Field::Amount));
        assert_eq!(field("Líquido a receber antes"), None, "what else it says may matter");
        assert_eq!(field("Descrição"), Some(Field::Description));
        assert_eq!(field("Nombre completo"), None, "it cannot be told apart");
        assert_eq!(word(Field::BankAccountType, "POUPANÇA"), Some("savings"));
        assert_eq!(word(Field::BankAccountType, "otra"), None);
        assert_eq!(normal("  Cta. -- Cte.  "), "cta cte");
    }
}
