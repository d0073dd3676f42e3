//! `softinfo-desk list`: what is on the desk.

use anyhow::Result;
use serde_json::json;
use softinfo::desk::Casebook;
use softinfo::desk::trust::Desk;

use crate::Setting;

pub fn run(setting: &Setting) -> Result<()> {
    let desk = Desk::open(&setting.desk)?;
    let book = Casebook::read(&desk.folder)?;
    let mut tips: Vec<_> = book.tips.iter().collect();
    tips.sort_by_key(|(id, case)| (case.day, **id));
    if setting.json {
        let rows: Vec<_> = tips
            .iter()
            .map(|(id, case)| json!({ "id": id, "day": case.day, "size": case.size, "bundle": case.bundle, "reader": case.reader }))
            .collect();
        println!("{}", serde_json::Value::from(rows));
        return Ok(());
    }
    if tips.is_empty() {
        println!("No tips yet. Import a bundle with: softinfo-desk import FILE");
        return Ok(());
    }
    println!("{:<16}  {:<10}  {:>9}  FOR", "ID", "DAY", "KB");
    for (id, case) in tips {
        let reader = case.reader.as_ref();
        let whose =
            reader.map_or("not for this desk".to_owned(), |reader| format!("{} ({})", reader.holder, reader.epoch));
        let start: String = id.to_string().chars().take(16).collect();
        println!("{start}  {}  {:>9}  {whose}", case.day, case.size.div_ceil(1000));
    }
    Ok(())
}
