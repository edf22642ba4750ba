use component_model::{Memory, SourceError, Sources};

fn build() -> Result<Memory, SourceError> {
    Ok(Memory::default())
}

fn main() {
    let _ = Sources::builder().source("settings", build()).build();
}
