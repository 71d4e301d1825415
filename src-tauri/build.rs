//! Generates what Tauri needs to know of the window, its commands and what it may do.

fn main() {
    // The window's files are made by `cargo xtask ui`; a build before it still needs the folder.
    let dist = std::path::Path::new("../ui/dist");
    if !dist.join("index.html").exists() {
        std::fs::create_dir_all(dist).expect("ui/ can be written");
        std::fs::write(dist.join("index.html"), "<!doctype html><title>Cairn</title><p>Run cargo xtask ui first.")
            .expect("ui/dist can be written");
    }
    let manifest = tauri_build::AppManifest::new().commands(&["call", "choose", "open_outside"]);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)).expect("tauri.conf.json is sound");
}
