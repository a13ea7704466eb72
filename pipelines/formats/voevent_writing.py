"""Writes the VOEvent XML of missions' triggers."""

from collections.abc import Iterable

from gracetape.pipelines.trigger import Trigger
from gracetape.times import utc_of


def voevent(
    trigger: Trigger,
    ident: str,
    author: tuple[str, str],
    params: Iterable[tuple[str, object, str | None]],
    radius: float,
) -> bytes:
    """A VOEvent 2.0 of a trigger's time and place. `author` is an IVORN and a short name, `params` are (name, value, unit).

    `radius` is that of the position's error, in degrees.
    """
    from xml.sax.saxutils import quoteattr  # brings urllib, http and email along

    when = utc_of(trigger.gps).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-4]
    listed = "".join(
        f"    <Param name={quoteattr(name)} value={quoteattr(str(value))}"
        f"{f' unit={quoteattr(unit)}' if unit else ''}/>\n"
        for name, value, unit in params
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<voe:VOEvent ivorn={quoteattr(ident)} role="test" version="2.0"
  xmlns:voe="http://www.ivoa.net/xml/VOEvent/v2.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.ivoa.net/xml/VOEvent/v2.0 http://www.ivoa.net/xml/VOEvent/VOEvent-v2.0.xsd">
  <Who>
    <AuthorIVORN>{author[0]}</AuthorIVORN>
    <Author><shortName>{author[1]}</shortName></Author>
    <Date>{when[:-3]}</Date>
    <Description>simulated</Description>
  </Who>
  <What>
{listed}  </What>
  <WhereWhen>
    <ObsDataLocation>
      <ObservatoryLocation id="Simulated"/>
      <ObservationLocation>
        <AstroCoordSystem id="UTC-FK5-GEO"/>
        <AstroCoords coord_system_id="UTC-FK5-GEO">
          <Time unit="s"><TimeInstant><ISOTime>{when}</ISOTime></TimeInstant></Time>
          <Position2D unit="deg">
            <Name1>RA</Name1><Name2>Dec</Name2>
            <Value2><C1>{trigger.ra:.4f}</C1><C2>{trigger.dec:.4f}</C2></Value2>
            <Error2Radius>{radius:.4f}</Error2Radius>
          </Position2D>
        </AstroCoords>
      </ObservationLocation>
    </ObsDataLocation>
  </WhereWhen>
  <How><Description>a simulated {trigger.pipeline} trigger</Description></How>
</voe:VOEvent>
""".encode()
