//! Resources of executables for Windows, as lld-link takes them and a reader of others (pefile) finds them.

use std::process::Command;

use camino::Utf8Path;
use pbs::link::{Icon, Resources, VersionInfo, write_resources};
use pbs::model::Arch;

use crate::support::{requires, tool};

/// Kind, number, language and content of each resource, and the texts of the version; as JSON.
const READER: &str = r#"
import json, pefile, sys
file = pefile.PE(sys.argv[1])
found = []
for kind in file.DIRECTORY_ENTRY_RESOURCE.entries:
    for number in kind.directory.entries:
        for language in number.directory.entries:
            data = language.data.struct
            content = file.get_data(data.OffsetToData, data.Size)
            found.append([kind.id, number.id, language.data.lang | language.data.sublang << 10, content.hex()])
texts = {}
for block in file.FileInfo[0]:
    for table in getattr(block, "StringTable", []):
        texts.update((key.decode(), value.decode()) for key, value in table.entries.items())
fixed = file.VS_FIXEDFILEINFO[0]
numbers = [fixed.Signature, fixed.FileVersionMS, fixed.FileVersionLS, fixed.ProductVersionMS, fixed.FileType]
print(json.dumps({"found": found, "texts": texts, "numbers": numbers, "warnings": [text for text in file.get_warnings() if "esource" in text]}))
"#;

#[test]
fn a_reader_of_others_finds_what_was_written() {
    requires!("lld-link", Command::new("lld-link").arg("/?").output().is_ok());
    let python = tool("python");
    requires!("test-tools", python.is_some());
    let scratch = tempfile::tempdir().unwrap();
    let place = Utf8Path::from_path(scratch.path()).unwrap();
    let icon =
        b"\x00\x00\x01\x00\x01\x00\x10\x10\x00\x00\x01\x00\x20\x00\x04\x00\x00\x00\x16\x00\x00\x00icon";
    let resources = Resources {
        icon: Some(Icon::read(icon).unwrap()),
        version: Some(VersionInfo {
            file_version: "1.2.3.4".to_owned(),
            product_version: Some("5".to_owned()),
            product_name: Some("Läden 日本".to_owned()),
            copyright: Some("©".to_owned()),
            ..VersionInfo::default()
        }),
    };
    fs_err::write(
        place.join("resources.obj"),
        write_resources(Arch::X86_64, &resources, "shop.exe").unwrap(),
    )
    .unwrap();
    // A library of resources needs no code.
    let words = [
        "/nologo",
        "/dll",
        "/noentry",
        "/brepro",
        "/out:shop.dll",
        "resources.obj",
    ];
    let linked = Command::new("lld-link")
        .args(words)
        .current_dir(place)
        .output()
        .unwrap();
    assert!(
        linked.status.success(),
        "{}",
        String::from_utf8_lossy(&linked.stderr)
    );
    let mut reader = Command::new(python.unwrap());
    let read = reader
        .args(["-c", READER, place.join("shop.dll").as_str()])
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));

    let read: serde_json::Value = serde_json::from_slice(&read.stdout).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let found: Vec<_> = read["found"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one[0].as_u64().unwrap(),
                one[1].as_u64().unwrap(),
                one[2].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(found, [(3, 1, 1033), (14, 1, 1033), (16, 1, 1033), (24, 1, 1033)]);
    assert_eq!(read["found"][0][3], hex(b"icon"));
    assert!(read["found"][3][3].as_str().unwrap().starts_with(&hex(b"<?xml ")));
    assert_eq!(
        read["texts"],
        serde_json::json!({
            "FileVersion": "1.2.3.4",
            "InternalName": "shop",
            "LegalCopyright": "©",
            "OriginalFilename": "shop.exe",
            "ProductName": "Läden 日本",
            "ProductVersion": "5",
        })
    );
    let numbers = [0xfeef_04bd_u32, 0x1_0002, 0x3_0004, 0x5_0000, 1];
    assert_eq!(read["numbers"], serde_json::json!(numbers));
    assert_eq!(read["warnings"], serde_json::json!([]));
}
