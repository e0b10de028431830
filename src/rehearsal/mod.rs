//! Plays the cases of a policy by the very pipeline that serves: throw-away keys, minted tokens,
//! verification, and the decision. No listener, no network, no clock but the case's own.
//!
//! Every person with a session is minted twice, as a token of version 1 and of version 2, since what
//! an instance mints is a switch in Clerk's dashboard; a case that comes to different ends fails.

pub mod people;
