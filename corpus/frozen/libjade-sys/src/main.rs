use std::hint::black_box;

use libjade_sys::*;

fn main() {
    black_box(jade_scalarmult_curve25519_amd64_ref5_base as unsafe extern "C" fn(_, _) -> _);
    black_box(jade_scalarmult_curve25519_amd64_mulx_base as unsafe extern "C" fn(_, _) -> _);
    black_box(jade_hash_sha256_amd64_ref as unsafe extern "C" fn(_, _, _) -> _);
    black_box(jade_scalarmult_curve25519_amd64_ref5 as unsafe extern "C" fn(_, _, _) -> _);
    black_box(jade_scalarmult_curve25519_amd64_mulx as unsafe extern "C" fn(_, _, _) -> _);
    black_box(jade_hash_sha3_224_amd64_ref as unsafe extern "C" fn(_, _, _) -> _);
    black_box(jade_hash_sha3_256_amd64_ref as unsafe extern "C" fn(_, _, _) -> _);
    black_box(jade_hash_sha3_384_amd64_ref as unsafe extern "C" fn(_, _, _) -> _);
    black_box(jade_hash_sha3_512_amd64_ref as unsafe extern "C" fn(_, _, _) -> _);
    black_box(jade_kem_kyber_kyber768_amd64_ref_keypair_derand as unsafe extern "C" fn(_, _, _) -> _);
    black_box(jade_kem_kyber_kyber768_amd64_ref_dec as unsafe extern "C" fn(_, _, _) -> _);
    black_box(jade_hash_sha3_224_amd64_avx2 as unsafe extern "C" fn(_, _, _) -> _);
    black_box(jade_hash_sha3_256_amd64_avx2 as unsafe extern "C" fn(_, _, _) -> _);
    black_box(jade_hash_sha3_384_amd64_avx2 as unsafe extern "C" fn(_, _, _) -> _);
    black_box(jade_hash_sha3_512_amd64_avx2 as unsafe extern "C" fn(_, _, _) -> _);
    black_box(jade_onetimeauth_poly1305_amd64_ref as unsafe extern "C" fn(_, _, _, _) -> _);
    black_box(jade_onetimeauth_poly1305_amd64_ref_verify as unsafe extern "C" fn(_, _, _, _) -> _);
    black_box(jade_stream_chacha_chacha20_ietf_amd64_ref as unsafe extern "C" fn(_, _, _, _) -> _);
    black_box(jade_kem_kyber_kyber768_amd64_ref_enc_derand as unsafe extern "C" fn(_, _, _, _) -> _);
    black_box(jade_onetimeauth_poly1305_amd64_avx2 as unsafe extern "C" fn(_, _, _, _) -> _);
    black_box(jade_onetimeauth_poly1305_amd64_avx2_verify as unsafe extern "C" fn(_, _, _, _) -> _);
    black_box(jade_stream_chacha_chacha20_ietf_amd64_avx2 as unsafe extern "C" fn(_, _, _, _) -> _);
    black_box(jade_onetimeauth_poly1305_amd64_avx as unsafe extern "C" fn(_, _, _, _) -> _);
    black_box(jade_onetimeauth_poly1305_amd64_avx_verify as unsafe extern "C" fn(_, _, _, _) -> _);
    black_box(jade_stream_chacha_chacha20_ietf_amd64_avx as unsafe extern "C" fn(_, _, _, _) -> _);
    black_box(jade_stream_chacha_chacha20_ietf_amd64_ref_xor as unsafe extern "C" fn(_, _, _, _, _) -> _);
    black_box(jade_stream_chacha_chacha20_ietf_amd64_avx2_xor as unsafe extern "C" fn(_, _, _, _, _) -> _);
    black_box(jade_stream_chacha_chacha20_ietf_amd64_avx_xor as unsafe extern "C" fn(_, _, _, _, _) -> _);
}
