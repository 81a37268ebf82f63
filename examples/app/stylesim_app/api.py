"""The JSON interface; its description is at ``/openapi.json``.

A cookie that the first POST sets tells visitors apart, so a client has to keep cookies.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Query, UploadFile

import stylesim as ss
from stylesim.similarity import ItemSimilarity
from stylesim_app import actions, schema
from stylesim_app.context import FoundSession, OwnSession, TheEngine, TheLimits, TheOutcome
from stylesim_app.engine import picture_name
from stylesim_app.sessions import WANTED, Session
from stylesim_app.views import garment_name

router = APIRouter(prefix="/api", tags=["api"])

Files = Annotated[list[UploadFile] | None, File()]


def style_out(session: Session, name: str, problems: list[str]) -> schema.StyleOut:
    """One style as JSON."""
    photos = [schema.PhotoOut(id=one.id, name=one.name) for one in session.styles.get(name, ())]
    return schema.StyleOut(name=name, photos=photos, problems=problems)


@router.get("/styles")
def get_styles(session: FoundSession) -> list[schema.StyleOut]:
    """Give the styles, the wanted one first."""
    return [] if session is None else [style_out(session, name, []) for name in session.styles]


@router.post("/styles/{name:path}")
def post_style(
    session: OwnSession, limits: TheLimits, name: str, photos: Files = None
) -> schema.StyleOut:
    """Add photographs to the style ``wanted``, or to a contrast style of another name."""
    contrast = None if name == WANTED else name
    problems = actions.add_to_style(session, contrast, photos, limits)
    return style_out(session, actions.style_name(session, contrast, limits), problems)


@router.delete("/styles/{name:path}")
def delete_style(session: OwnSession, name: str, photo: str | None = None) -> schema.ProblemsOut:
    """Remove a style, or one photograph of it."""
    actions.remove_style(session, name, photo)
    return schema.ProblemsOut(problems=[])


@router.get("/closet")
def get_closet(session: FoundSession) -> schema.ClosetOut:
    """Give the closet."""
    garments = [] if session is None else list(session.closet)
    return schema.ClosetOut(
        garments=[
            schema.GarmentOut(
                id=one.id,
                name=garment_name(one),
                slot=one.slot,
                category=one.category,
                picture=f"/pictures/garment-{one.id}",
            )
            for one in garments
        ]
    )


@router.post("/closet")
def post_closet(
    session: OwnSession, engine: TheEngine, limits: TheLimits, photos: Files = None
) -> schema.ClosetOut:
    """Add photographs of single garments; slot and category are found in them."""
    problems = actions.add_clothes(session, photos, engine, limits)
    return get_closet(session).model_copy(update={"problems": problems})


@router.patch("/closet/{garment}")
def patch_garment(session: OwnSession, garment: str, slot: ss.Slot) -> schema.ClosetOut:
    """Correct where a garment is worn."""
    actions.correct_garment(session, garment, slot)
    return get_closet(session)


@router.delete("/closet/{garment}")
def delete_garment(session: OwnSession, garment: str) -> schema.ClosetOut:
    """Remove a garment."""
    actions.remove_garment(session, garment)
    return get_closet(session)


@router.post("/catalog")
def post_catalog(
    session: OwnSession,
    engine: TheEngine,
    limits: TheLimits,
    table: Annotated[UploadFile | None, File()] = None,
    photos: Files = None,
) -> schema.CatalogOut:
    """Recommend from a CSV file and the pictures it names; without one, from the server's own."""
    problems = actions.set_catalog(session, table, photos, engine, limits)
    used = engine.run(engine.catalog_of, session)
    return schema.CatalogOut(name=used.name, products=len(used), problems=problems)


@router.post("/saved")
def post_saved(
    session: OwnSession, engine: TheEngine, limits: TheLimits, files: Files = None
) -> schema.ProblemsOut:
    """Go on with a ``.stylesim`` closet or a ``.safetensors`` style that was saved earlier."""
    return schema.ProblemsOut(problems=actions.open_saved(session, files, engine, limits))


@router.post("/learn", status_code=202)
def post_learn(session: OwnSession, engine: TheEngine) -> schema.StatusOut:
    """Learn the style and compare the closet; ask ``/api/status`` when it is done."""
    if not session.ready:
        raise actions.RefusedError(
            "Two photographs of each of two styles and one garment are needed first."
        )
    engine.start(session)
    return get_status(session)


@router.get("/status")
def get_status(session: FoundSession) -> schema.StatusOut:
    """Tell where the comparison stands."""
    if session is None or session.job is None:
        return schema.StatusOut(state="none")
    job, outcome = session.job, session.outcome
    done = job.state == "done" and outcome is not None
    return schema.StatusOut(
        state=job.state,
        step=job.step if job.state == "running" else None,
        error=job.error,
        stale=bool(done and outcome and outcome.version != session.version),
        advice=list(outcome.advice) if done and outcome else [],
    )


def _row(session: Session, row: ItemSimilarity) -> dict[str, Any]:
    said = row.to_dict()
    name = garment_name(session.closet[row.id]) if row.id in session.closet else row.id
    return {
        "name": name,
        **{key: said[key] for key in schema.SimilarityOut.model_fields if key in said},
    }


@router.get("/similarities")
def get_similarities(session: OwnSession, outcome: TheOutcome) -> schema.SimilaritiesOut:
    """Give the similarity of every garment to every class."""
    rows = [schema.SimilarityOut(**_row(session, row)) for row in outcome.report]
    return schema.SimilaritiesOut(classes=list(outcome.report.classes), garments=rows)


@router.get("/gaps")
def get_gaps(session: OwnSession, outcome: TheOutcome) -> schema.GapsOut:
    """Give a verdict for each garment, least similar first, and how near each slot comes."""
    return schema.GapsOut(
        good_outfits=outcome.gaps.good_outfits,
        garments=[
            schema.GarmentGapOut(
                verdict=gap.verdict,
                why=gap.why,
                versatility=gap.versatility,
                **_row(session, gap.row),
            )
            for gap in outcome.gaps
        ],
        slots=[schema.SlotGapOut(**one.to_dict()) for one in outcome.gaps.slots],
    )


@router.get("/picks")
def get_picks(
    session: OwnSession,
    engine: TheEngine,
    _outcome: TheOutcome,
    k: Annotated[int, Query(ge=1, le=50)] = 5,
    max_price: Annotated[float | None, Query(ge=0)] = None,
    currency: str | None = None,
    slot: ss.Slot | None = None,
    rank_by: Literal["gain", "similarity", "price"] = "gain",
) -> schema.PicksOut:
    """Give products that would close the gaps."""
    result = engine.pick(
        session, k=k, max_price=max_price, currency=currency, slot=slot, rank_by=rank_by
    )
    return schema.PicksOut(
        picks=[
            schema.PickOut(
                title=pick.product.title,
                url=pick.product.url,
                price=pick.product.price,
                currency=pick.product.currency,
                brand=pick.product.brand,
                slot=pick.slot,
                picture=f"/pictures/product-{picture_name(pick.product)}",
                similarity=pick.similarity,
                gain=pick.gain,
                unlocks=pick.unlocks,
                reason=pick.reason,
            )
            for pick in result
        ],
        owned=[schema.LeftOutOut(title=one.product.title, why=one.why) for one in result.blocked],
        skipped=[one.reason for one in result.skipped],
    )
