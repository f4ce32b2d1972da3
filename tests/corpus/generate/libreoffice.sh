#!/bin/sh
# Files 501-524: what LibreOffice Calc saves. PYTHON names the interpreter; nothing but its standard
# library is needed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
files=$here/../files
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" "$here/libreoffice_sources.py" "$work"

# A profile that shows numbers and dates as the country does.
profile() {
    mkdir -p "$work/$1/user"
    cat >"$work/$1/user/registrymodifications.xcu" <<END
<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>$1</value></prop></item>
</oor:items>
END
}
for locale in en-US es-AR es-MX pt-BR; do profile "$locale"; done

# convert SOURCE FILTER NAME [IMPORT FILTER]: NAME is kept, even if the filter
# gives another suffix.
convert() {
    rm -rf "$work/out"
    soffice "-env:UserInstallation=file://$work/${LOCALE:-en-US}" --headless --norestore ${4:+"--infilter=$4"} --convert-to "$2" \
        --outdir "$work/out" "$work/$1" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
    mv "$work"/out/* "$files/$3"
}

# Separator, quote, charset, first line, columns (2 is text), language, quotes about every text,
# numbers are detected, cells as they are shown.
all_text='1/2/2/2/3/2/4/2/5/2/6/2/7/2/8/2/9/2/10/2/11/2/12/2/13/2/14/2/15/2'
as_text="CSV:59,34,76,1,$all_text,0,false,false,false"
# In Spanish of Argentina, as a double click does it.
as_opened='CSV:59,34,76,1,,11274,false,true,false'
csv='csv:Text - txt - csv (StarCalc)'

convert 501-bogota-text-columns-ods.csv ods 501-bogota-text-columns-ods.ods "$as_text"
convert 502-lima-text-columns-xls.csv 'xls:MS Excel 97' 502-lima-text-columns-xls.xls "$as_text"
convert 503-mexico-text-columns-xlsx.csv 'xlsx:Calc MS Excel 2007 XML' 503-mexico-text-columns-xlsx.xlsx "$as_text"
convert text-ar.csv "$csv:59,34,ANSI,1,,0,false,true,true,false" 504-buenos-aires-text-columns-csv-ansi.csv "$as_text"
convert text-ar.csv "$csv:9,34,12,1,,0,false,true,true,false" 505-buenos-aires-csv-latin1-tab.txt "$as_text"
convert text-ar.csv "$csv:59,34,65535,1,,0,false,true,true,false" 506-buenos-aires-csv-utf16.csv "$as_text"
convert text-ar.csv "$csv:44,34,76,1,,0,true,true,true,false" 507-buenos-aires-csv-utf8-quoted.csv "$as_text"

LOCALE=es-AR convert open-ar.csv 'xlsx:Calc MS Excel 2007 XML' 508-buenos-aires-opened-and-saved-xlsx.xlsx "$as_opened"
LOCALE=es-AR convert open-ar.csv ods 509-buenos-aires-opened-and-saved-ods.ods "$as_opened"
LOCALE=es-AR convert open-ar.csv 'xls:MS Excel 97' 510-buenos-aires-opened-and-saved-xls.xls "$as_opened"
LOCALE=es-AR convert open-ar.csv "$csv:59,34,ANSI,1,,0,false,true,true,false" 511-buenos-aires-opened-and-saved-csv.csv "$as_opened"

convert formats.fods ods 512-lima-formats-ods.ods
convert formats.fods 'xlsx:Calc MS Excel 2007 XML' 513-lima-formats-xlsx.xlsx
convert formats.fods 'xls:MS Excel 97' 514-lima-formats-xls.xls
convert formulas.fods ods 515-lima-formulas-computed-ods.ods
convert formulas.fods 'xlsx:Calc MS Excel 2007 XML' 516-lima-formulas-computed-xlsx.xlsx
convert formulas.fods 'xls:MS Excel 97' 517-lima-formulas-computed-xls.xls
convert formulas.fods "$csv:59,34,ANSI,1,,0,false,true,true,false" 518-lima-formulas-computed-csv.csv
convert two.fods ods 519-buenos-aires-two-sheets-ods.ods
LOCALE=es-MX convert shown.fods "$csv:44,34,76,1,,0,false,true,true,false" 520-mexico-csv-as-shown.csv
convert shown.fods "$csv:124,34,76,1,,0,false,true,false,false" 521-mexico-csv-not-as-shown-gzip.csv
gzip -n9 -f "$files/521-mexico-csv-not-as-shown-gzip.csv"
convert shown.fods 'html:HTML (StarCalc)' 522-mexico-html-as.xls
convert shown.fods 'pdf:calc_pdf_Export' 523-mexico-printed-as.csv
LOCALE=pt-BR convert shown-br.fods "$csv:59,34,ANSI,1,,0,false,true,true,false" 524-sao-paulo-csv-as-shown.csv
