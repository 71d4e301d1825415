//! Times the evaluation of two-class predictions of several sizes, intervals and curves included.

use std::time::Instant;

use cairn_protocol::Task;

fn main() -> Result<(), cairn_modelling::ModellingError> {
    for rows in [3_000, 50_000, 1_000_000] {
        let mut state = 42u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / f64::from(1u32 << 31)
        };
        let targets: Vec<f64> = (0..rows).map(|_| f64::from(u8::from(next() < 0.1))).collect();
        let yes: Vec<f64> = targets.iter().map(|target| 0.3 * target + 0.7 * next()).collect();
        let predictions = vec![yes.iter().map(|p| 1.0 - p).collect(), yes];
        let names = ["no".to_owned(), "yes".to_owned()];
        let start = Instant::now();
        let found = cairn_modelling::evaluate(Task::Binary, &names, &targets, &predictions, &vec![0; rows], 1)?;
        let auc = &found.parts[0].metrics[0];
        eprintln!("{rows:>9} rows {:>7.3} s, AUC {:.4}", start.elapsed().as_secs_f64(), auc.value.0);
    }
    Ok(())
}
