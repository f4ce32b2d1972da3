//! What to mend, in the clerk's language. English is what the rules themselves say, and says more: it knows the cell.

/// Of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
    /// Portuguese.
    Portuguese,
}

/// What a fault asks for; none in English, and for a code that is not listed.
pub(crate) fn mend(language: Language, code: &str) -> Option<&'static str> {
    let (_, spanish, portuguese) = WORDS.iter().find(|(known, ..)| *known == code)?;
    match language {
        Language::English => None,
        Language::Spanish => Some(spanish),
        Language::Portuguese => Some(portuguese),
    }
}

/// Code, Spanish, Portuguese.
const WORDS: [(&str, &str, &str); 72] = [
    ("account_ambiguous", "varias cuentas pagadoras sirven; indique una", "várias contas pagadoras servem; indique uma"),
    ("account_two_names", "la misma cuenta aparece con otro nombre; verifique quién es el titular", "a mesma conta aparece com outro nome; verifique quem é o titular"),
    ("account_unknown", "no hay una cuenta pagadora configurada para este país y moneda, o con este nombre", "não há conta pagadora configurada para este país e moeda, ou com este nome"),
    ("amount_decimals", "el monto tiene más decimales que la moneda", "o valor tem mais casas decimais do que a moeda"),
    ("amount_form", "el monto no es un número escrito como los demás del archivo", "o valor não é um número escrito como os outros do arquivo"),
    ("amount_fraction", "el proveedor solo paga montos enteros en esta moneda", "o provedor só paga valores inteiros nesta moeda"),
    ("amount_negative", "el monto es negativo", "o valor é negativo"),
    ("amount_over_limit", "el monto supera el máximo por pago de la cuenta pagadora", "o valor supera o máximo por pagamento da conta pagadora"),
    ("amount_too_large", "el monto es demasiado grande", "o valor é grande demais"),
    ("amount_zero", "el monto es cero", "o valor é zero"),
    ("bank", "el banco no es uno que el proveedor conozca; use su código", "o banco não é um que o provedor conheça; use o código dele"),
    ("bank_account", "el número de cuenta no tiene la forma debida o un dígito está mal; cópielo de nuevo", "o número da conta não tem a forma devida ou um dígito está errado; copie-o de novo"),
    ("bank_account_local", "falta el número de cuenta propio del banco, o no tiene la forma debida", "falta o número da conta do próprio banco, ou não tem a forma devida"),
    ("bank_account_type", "el proveedor no acepta este tipo de cuenta aquí", "o provedor não aceita este tipo de conta aqui"),
    ("bank_account_type_unknown", "tipo de cuenta desconocido; escriba corriente o ahorros", "tipo de conta desconhecido; escreva corrente ou poupança"),
    ("bank_entity", "no se conoce el código de este banco en el proveedor; escriba el del proveedor", "não se conhece o código deste banco no provedor; escreva o do provedor"),
    ("bank_mismatch", "la cuenta es de otro banco que el indicado", "a conta é de outro banco que o indicado"),
    ("card_number", "hay un número de tarjeta; payrun nunca los recibe: escriba el número de cuenta", "há um número de cartão; payrun nunca os recebe: escreva o número da conta"),
    ("cci_check_digits", "los dos últimos dígitos del CCI no cuadran; compárelo con el que dio el beneficiario", "os dois últimos dígitos do CCI não conferem; compare com o que o beneficiário informou"),
    ("cci_entity", "los tres primeros dígitos del CCI no son de una entidad conocida", "os três primeiros dígitos do CCI não são de uma entidade conhecida"),
    ("cell_apostrophe", "empieza con un apóstrofo; bórrelo", "começa com um apóstrofo; apague-o"),
    ("cell_blanks", "hay espacios al principio o al final; bórrelos", "há espaços no começo ou no fim; apague-os"),
    ("cell_chars", "el texto es demasiado largo", "o texto é longo demais"),
    ("cell_date", "la hoja de cálculo lo convirtió en fecha; ponga la columna en formato texto y escríbalo de nuevo", "a planilha converteu-o em data; ponha a coluna em formato texto e escreva-o de novo"),
    ("cell_error", "es un error de la hoja de cálculo; corrija la fórmula o escriba el valor", "é um erro da planilha; corrija a fórmula ou escreva o valor"),
    ("cell_formula", "es una fórmula; escriba el resultado", "é uma fórmula; escreva o resultado"),
    ("cell_invisible", "hay un salto de línea u otro carácter invisible; escríbalo de nuevo", "há uma quebra de linha ou outro caractere invisível; escreva-o de novo"),
    ("cell_leading_zeros", "la hoja de cálculo quitó los ceros iniciales; póngalos delante", "a planilha tirou os zeros à esquerda; coloque-os de volta"),
    ("cell_mojibake", "las tildes o la ñ se dañaron; exporte de nuevo como CSV UTF-8", "os acentos ou o ç se estragaram; exporte de novo como CSV UTF-8"),
    ("cell_scientific", "la hoja de cálculo lo redondeó (notación científica); ponga la columna en formato texto y escríbalo de nuevo", "a planilha arredondou-o (notação científica); ponha a coluna em formato texto e escreva-o de novo"),
    ("cell_utf8", "se perdieron letras; exporte de nuevo como CSV UTF-8", "perderam-se letras; exporte de novo como CSV UTF-8"),
    ("cell_zero_fill", "la hoja de cálculo guardó solo 15 dígitos y puso ceros; ponga la columna en formato texto y escríbalo de nuevo", "a planilha guardou só 15 dígitos e pôs zeros; ponha a coluna em formato texto e escreva-o de novo"),
    ("client_id_form", "el identificador solo puede tener letras sin tilde, números y . _ : / # -", "o identificador só pode ter letras sem acento, números e . _ : / # -"),
    ("client_id_used", "este identificador ya se usó; cada pago tiene el suyo para siempre", "este identificador já foi usado; cada pagamento tem o seu para sempre"),
    ("country", "el proveedor no paga en este país con esta cuenta", "o provedor não paga neste país com esta conta"),
    ("country_of_account", "la cuenta pagadora es de otro país", "a conta pagadora é de outro país"),
    ("country_unknown", "país desconocido; escriba su código de dos letras", "país desconhecido; escreva o código de duas letras"),
    ("currency", "el proveedor no paga en esta moneda", "o provedor não paga nesta moeda"),
    ("currency_of_account", "la cuenta pagadora es de otra moneda", "a conta pagadora é de outra moeda"),
    ("currency_unknown", "moneda desconocida; escriba su código de tres letras", "moeda desconhecida; escreva o código de três letras"),
    ("description", "la descripción no tiene la forma que pide el proveedor", "a descrição não tem a forma que o provedor pede"),
    ("document_check_digit", "el dígito verificador del documento no cuadra; compárelo con el documento", "o dígito verificador do documento não confere; compare com o documento"),
    ("document_number", "el número de documento no tiene la forma debida; cópielo de nuevo", "o número do documento não tem a forma devida; copie-o de novo"),
    ("document_type", "el proveedor no acepta este tipo de documento aquí", "o provedor não aceita este tipo de documento aqui"),
    ("email", "el correo electrónico falta o no es válido", "o e-mail falta ou não é válido"),
    ("equal_rows", "otra fila paga lo mismo a la misma cuenta; confirme que no está repetida", "outra linha paga o mesmo à mesma conta; confirme que não está repetida"),
    ("instant_key", "la llave no tiene la forma de su tipo", "a chave não tem a forma do seu tipo"),
    ("method", "el proveedor no ofrece esta forma de pago aquí", "o provedor não oferece esta forma de pagamento aqui"),
    ("method_unknown", "forma de pago desconocida; escriba transferencia, billetera, instantáneo o efectivo", "forma de pagamento desconhecida; escreva transferência, carteira, pix ou dinheiro"),
    ("missing", "falta", "falta"),
    ("name", "el nombre no tiene la forma que pide el proveedor", "o nome não tem a forma que o provedor pede"),
    ("name_length", "el nombre es demasiado largo o corto para el proveedor", "o nome é longo ou curto demais para o provedor"),
    ("name_letters", "el nombre tiene letras que el proveedor no acepta", "o nome tem letras que o provedor não aceita"),
    ("phone", "el teléfono falta o no tiene la forma debida", "o telefone falta ou não tem a forma devida"),
    ("row_cells", "la fila tiene más o menos celdas que el encabezado", "a linha tem mais ou menos células do que o cabeçalho"),
    ("row_header", "la fila repite el encabezado; bórrela", "a linha repete o cabeçalho; apague-a"),
    ("row_quotes", "hay una comilla dentro de una celda; encierre la celda entre comillas y duplique la de adentro", "há uma aspa dentro de uma célula; ponha a célula entre aspas e duplique a de dentro"),
    ("row_total", "la fila es un total y no paga a nadie; bórrela", "a linha é um total e não paga a ninguém; apague-a"),
    ("unexpected", "aquí no debe haber nada", "aqui não deve haver nada"),
    // Marks that hold a row until somebody else releases it.
    ("amount_unusual", "el monto es diez veces o más lo que esta persona recibió antes", "o valor é dez vezes ou mais o que esta pessoa recebeu antes"),
    ("account_changed", "esta persona cobraba antes en otra cuenta; confirme el cambio con ella", "esta pessoa recebia antes em outra conta; confirme a mudança com ela"),
    ("account_new", "es el primer pago a esta cuenta; confirme que es de la persona", "é o primeiro pagamento a esta conta; confirme que é da pessoa"),
    ("repeated", "hace pocos días se pagó lo mismo a la misma cuenta; confirme que no es la misma planilla", "há poucos dias pagou-se o mesmo à mesma conta; confirme que não é a mesma folha"),
    ("client_id_derived", "el archivo no trae identificadores de pago; confirme que no se envió antes", "o arquivo não traz identificadores de pagamento; confirme que não foi enviado antes"),
    ("warnings_are_errors", "hay una advertencia, y aquí las advertencias detienen la fila", "há um aviso, e aqui os avisos param a linha"),
    ("bank_required", "falta el banco", "falta o banco"),
    ("document_required", "falta el documento", "falta o documento"),
    ("row_hidden", "la fila está oculta en la hoja; muéstrela o bórrela", "a linha está oculta na planilha; mostre-a ou apague-a"),
    ("wallet", "la billetera no es una que el proveedor conozca", "a carteira não é uma que o provedor conheça"),
    ("cash", "el proveedor no paga en efectivo aquí", "o provedor não paga em dinheiro aqui"),
    ("limit", "supera un límite", "supera um limite"),
    ("provider", "el proveedor no lo aceptaría así", "o provedor não o aceitaria assim"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_says_something_in_both_languages() {
        let mut codes: Vec<&str> = WORDS.iter().map(|(code, ..)| *code).collect();
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
        assert!(WORDS.iter().all(|(_, spanish, portuguese)| !spanish.is_empty() && !portuguese.is_empty()));
    }
}
