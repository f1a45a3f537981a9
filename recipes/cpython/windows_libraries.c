/* A function of every library that extension modules link; run, it says their versions. */
#include <bzlib.h>
#include <expat.h>
#include <ffi.h>
#include <lzma.h>
#include <mpdecimal.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

static void
add(ffi_cif *cif, void *result, void **arguments, void *more)
{
    (void)cif;
    *(ffi_arg *)result = *(int *)arguments[0] + *(int *)more;
}

/* A call through a closure, as ctypes makes them. */
static int
closure(void)
{
    ffi_cif cif;
    ffi_type *types[] = {&ffi_type_sint32};
    void *code;
    int two = 2, forty = 40;
    ffi_closure *made = ffi_closure_alloc(sizeof *made, &code);
    if (made == NULL || ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_sint32, types) != FFI_OK ||
        ffi_prep_closure_loc(made, &cif, add, &two, code) != FFI_OK)
        return -1;
    ffi_arg result;
    void *values[] = {&forty};
    ffi_call(&cif, FFI_FN(code), &result, values);
    ffi_closure_free(made);
    return (int)result;
}

/* A product of more than 64 bits, and a quotient of it. */
static int
decimal(void)
{
    mpd_context_t context;
    uint32_t status = 0;
    mpd_maxcontext(&context);
    context.prec = 60;
    mpd_t *one = mpd_qnew(), *other = mpd_qnew();
    mpd_qset_string(one, "123456789012345678901234567890", &context, &status);
    mpd_qset_string(other, "987654321098765432109876543210", &context, &status);
    mpd_qmul(one, one, other, &context, &status);
    mpd_qdivint(one, one, other, &context, &status);
    char *text = mpd_to_sci(one, 1);
    int right = strcmp(text, "123456789012345678901234567890") == 0;
    mpd_free(text);
    mpd_del(one);
    mpd_del(other);
    return right;
}

static int
digest(void)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    if (!EVP_Digest("abc", 3, sum, &length, EVP_sha256(), NULL) || length != 32 || sum[0] != 0xba)
        return 0;
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    int made = context != NULL;
    SSL_CTX_free(context);
    return made;
}

/* Packed and unpacked again by each of three. */
static int
packing(void)
{
    unsigned char text[1000], packed[2000], back[1000];
    memset(text, 'x', sizeof text);
    uLongf length = sizeof packed, whole = sizeof back;
    if (compress(packed, &length, text, sizeof text) != Z_OK || uncompress(back, &whole, packed, length) != Z_OK)
        return 1;
    unsigned int small = sizeof packed, large = sizeof back;
    if (BZ2_bzBuffToBuffCompress((char *)packed, &small, (char *)text, sizeof text, 9, 0, 0) != BZ_OK ||
        BZ2_bzBuffToBuffDecompress((char *)back, &large, (char *)packed, small, 0, 0) != BZ_OK)
        return 2;
    size_t at = 0, read = 0, written = 0;
    uint64_t limit = UINT64_MAX;
    if (lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL, text, sizeof text, packed, &at, sizeof packed) != LZMA_OK ||
        lzma_stream_buffer_decode(&limit, 0, NULL, packed, &read, at, back, &written, sizeof back) != LZMA_OK)
        return 3;
    return memcmp(text, back, sizeof text) == 0 ? 0 : 4;
}

static int
database(void)
{
    sqlite3 *opened;
    int right = sqlite3_open(":memory:", &opened) == SQLITE_OK &&
                sqlite3_exec(opened, "create virtual table t using fts5(x); insert into t values (sqrt(4))", NULL, NULL,
                             NULL) == SQLITE_OK;
    sqlite3_close(opened);
    return right;
}

int
main(void)
{
    XML_Parser parser = XML_ParserCreate(NULL);
    int parsed = XML_Parse(parser, "<a/>", 4, 1) == XML_STATUS_OK;
    XML_ParserFree(parser);
    int called = closure(), exact = decimal(), hashed = digest(), packed = packing(), stored = database();
    printf("zlib %s, bzip2 %s, lzma %s, expat %s, ffi %s, mpdecimal %s, sqlite %s, %s\n", zlibVersion(),
           BZ2_bzlibVersion(), lzma_version_string(), XML_ExpatVersion(), ffi_get_version(), mpd_version(),
           sqlite3_libversion(), OpenSSL_version(OPENSSL_VERSION));
    printf("parsed %d, called %d, exact %d, hashed %d, packed %d, stored %d\n", parsed, called, exact, hashed, packed,
           stored);
    return parsed && called == 42 && exact && hashed && packed == 0 && stored ? 0 : 1;
}
