//! Patches: what they change, and what is said where they do not fit.

use super::*;

fn patch(text: &str) -> TextFile {
    TextFile {
        name: "zlib/1.3/0001-x.patch".to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn patches_change_make_remove_and_rename() {
    let store = test_store();
    let tree = tree_of(
        &store,
        &[
            ("a.c", "0\n1\n2\n3\n"),
            ("old", "gone\n"),
            ("name", "n\n"),
            ("tool", "#!x\n"),
        ],
    );
    let text = "Subject: all of it\n\n\
        --- a/a.c\n+++ b/a.c\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n\
        --- /dev/null\n+++ b/dir/new\n@@ -0,0 +1 @@\n+new\n\
        --- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n\
        diff --git a/name b/renamed\nsimilarity index 100%\nrename from name\nrename to renamed\n\
        diff --git a/tool b/tool\nold mode 100755\nnew mode 100644\n";
    let patched = apply_patches(&store, &tree, &[patch(text)]).unwrap();
    let mut expected = tree_of(
        &store,
        &[
            ("a.c", "0\n1\ntwo\n3\n"),
            ("dir/new", "new\n"),
            ("renamed", "n\n"),
        ],
    );
    let tool = Entry::File {
        digest: Digest::of(b"#!x\n"),
        executable: false,
    };
    expected.insert(path("tool"), tool).unwrap();
    assert_eq!(patched.tree, expected);
    assert_eq!(
        patched.offsets[0].to_string(),
        "zlib/1.3/0001-x.patch: hunk 1 of `a.c` fits +1 lines away"
    );
    let again = apply_patches(&store, &patched.tree, &[patch(text)]).unwrap_err();
    assert_eq!(
        again.to_string(),
        "zlib/1.3/0001-x.patch: hunk 1 of `a.c` is already applied"
    );
    assert!(again.hint().is_some());
}

#[test]
fn patches_that_do_not_fit_say_where_and_what() {
    let check = |text: &str, expected: &str| {
        let store = test_store();
        let tree = tree_of(&store, &[("a.c", "1\n2\n3\n"), ("link", "->a.c")]);
        let error = apply_patches(&store, &tree, &[patch(text)]).unwrap_err();
        assert_eq!(error.to_string(), format!("zlib/1.3/0001-x.patch: {expected}"));
        assert!(!matches!(error, PatchError::Store(_)));
    };
    check(
        "--- a/a.c\n+++ b/a.c\n@@ -1,3 +1,3 @@\n 1\n-TWO\n+two\n 3\n",
        "hunk 1 does not fit `a.c`, line 2: expected `TWO`, found `2`",
    );
    check(
        "--- a/a.c\n+++ b/a.c\n@@ -3,2 +3,2 @@\n 3\n-4\n+5\n",
        "hunk 1 does not fit `a.c`, line 4: expected `4`, but the file ends there",
    );
    check(
        "--- a/b.c\n+++ b/b.c\n@@ -1 +1 @@\n-1\n+2\n",
        "there is no file `b.c`",
    );
    check(
        "--- a/link\n+++ b/link\n@@ -1 +1 @@\n-1\n+2\n",
        "there is no file `link`",
    );
    check(
        "--- /dev/null\n+++ b/a.c\n@@ -0,0 +1 @@\n+x\n",
        "`a.c` is to be made but is there",
    );
    check(
        "--- a/a.c\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-1\n-2\n",
        "`a.c` is to be removed but has more in it than the patch says",
    );
    check(
        "--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n",
        "the removal of `gone` is already applied",
    );
    check("just words\n", "it changes no file");
}
