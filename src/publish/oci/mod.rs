//! A repository of an OCI registry.
//!
//! Each published path is an artifact of its own under a tag (`registry`): its blob first, then the manifest, then
//! the tag with it, so a reader sees a whole file or none. Blobs are known by their digests: what is there is not
//! sent again, and an upload that was interrupted leaves nothing with a name.
//!
//! # Two publishers at once
//!
//! Registries replace a tag whole, and the last one wins; none of them replaces it only if it is still what one has
//! seen. So nothing keeps two publishers apart for certain, and there are two things in its place:
//!
//! **The lease** (tag `_Lock`) makes them wait for each other as long as all goes well. Whoever finds it free
//! writes a ticket into it, waits a moment (longer than it takes others from looking to writing), and has it if the
//! ticket is still there. It is written again every [`Lease::renewal`]; whoever sees it unchanged for
//! [`Lease::length`], by their own clock, takes it for that of a process that died. No two clocks have to agree.
//!
//! **The announcement** (tags `_I…`, one for each index, never written again) makes sure that nothing is lost when
//! the lease fails: a machine that slept, a request that arrived late, two who wrote in the same moment. Everybody
//!
//! 1. announces the new index, after its archives, documents and signature are there,
//! 2. looks whether the index is still the one that it is made from, and gives up if not,
//! 3. moves the tag of the index,
//! 4. lists all announcements with the serial it began from, or a later one, and begins again at 1 with everything
//!    of them that the index lacks, until nothing is lacking and the tag is what it wrote.
//!
//! Step 4 is also done first, with what a publisher that died left.
//!
//! # What this guarantees
//!
//! If a tag that is read shows what was written last, and a list of tags holds those that were written before: **no
//! entry of a publication that ended well is lost, whatever the timing.**
//!
//! Take A, who moves the tag last, and B, who moved it before and ended well. If A looked (step 2) after B's last
//! move, A began from what B wrote, or from what others made of it. Else all that A had seen was announced before B
//! looked the last time (step 4); a new serial is above all that were seen, so B's last one is not below A's. A
//! finds B's announcement in step 4 then, and would move the tag again. If A dies before that, whoever begins from
//! A's index lists from A's serial on, and finds it as well.
//!
//! A publisher that died may have left entries or none, as with every place; publishing again puts them in.
//!
//! # What it cannot
//!
//! * Where the lease failed, readers may see for a moment the index of one of the two alone, or an older one, which
//!   those refuse who have seen a newer one. When the publishers are done they see both.
//! * What follows from the index (sums, the page) may then be that of one of the two until the next publication.
//! * A name that two publish at the same moment with different bytes, with the lease failing, goes to one of them;
//!   the other one may not notice. The digests of the index tell readers which bytes are meant: they refuse others.
//! * Whoever moves tags and keeps to none of this can remove anything. What is in the place is noticed, as it is
//!   not signed, or not what the next publisher began from.
//! * Registries that show old tags after new ones, or list them late, take the guarantee away.
//! * A publisher that is killed has the lease for [`Lease::length`] longer.

mod lease;
mod place;

pub use lease::Lease;
pub use place::Oci;
