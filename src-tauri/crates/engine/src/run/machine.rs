//! What a run records of the machine.

use std::collections::BTreeMap;

/// `os`, `cpu`, `threads`, `memory_bytes`, `host`.
pub fn machine() -> BTreeMap<String, String> {
    let cpu = sysinfo::System::new().ok().map(|mut system| {
        system.refresh_cpu_list(sysinfo::CpuRefreshKind::nothing());
        system.cpus().first().map(|cpu| cpu.brand().trim().to_owned()).unwrap_or_default()
    });
    let cpu = cpu.unwrap_or_default();
    BTreeMap::from([
        ("os".to_owned(), format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        ("cpu".to_owned(), cpu),
        ("threads".to_owned(), threads().to_string()),
        ("memory_bytes".to_owned(), memory_bytes().to_string()),
        ("host".to_owned(), sysinfo::System::host_name().unwrap_or_default()),
    ])
}

/// Bytes of memory of the machine; where that cannot be told, a small machine's.
pub fn memory_bytes() -> u64 {
    const SMALL: u64 = 4 << 30;
    sysinfo::System::new().ok().map_or(SMALL, |mut system| {
        system.refresh_memory();
        system.total_memory()
    })
}

/// Threads of the machine.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
